"""What a check runs against: the mock in process, a base URL, the control API."""
