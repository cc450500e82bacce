"""Jobs that are watched side by side: which are begun, how long is waited, what was seen."""
