"""What the pytest plugin is made of: options of the marker, stages for tests, what a client may not do."""
