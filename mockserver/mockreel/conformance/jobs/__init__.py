"""Jobs that are watched side by side: which ones begin, how long to wait, and their traces."""
