"""What each operation answers, by resource."""
