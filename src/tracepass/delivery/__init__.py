"""What everything that calls other people's servers shares: signatures and the ladder of attempts."""
