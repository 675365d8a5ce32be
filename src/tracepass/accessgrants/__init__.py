"""Access grants: who beyond the public may read which passports, as which audience, and until when."""
