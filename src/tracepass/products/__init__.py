"""The catalogue: products that passports are made for."""
