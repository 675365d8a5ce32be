"""Files that come as a whole, spreadsheets of passports and exports of workspaces: all of it is made, or nothing."""
