"""Passports that come as a spreadsheet: looked at as a whole, then made, or none of them."""
