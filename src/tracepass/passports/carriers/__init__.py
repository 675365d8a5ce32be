"""What a passport is carried by, printed symbols and NFC tags: plain functions, slow enough to leave the event loop."""
