"""Events written in spreadsheets, one row an event, and the template to write them in."""
