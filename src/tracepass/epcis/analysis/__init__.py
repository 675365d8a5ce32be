"""What is wrong with a chain of events, told with place and remedy; nothing is stored."""
