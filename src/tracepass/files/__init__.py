"""Files that field values refer to: certificates, reports, pictures."""
