"""What pages for signed-in people and those about to be have in common: layout, style, headers, the guard of forms."""
