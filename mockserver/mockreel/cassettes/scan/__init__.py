"""The scan for secrets: in recordings, or in any files, by form and by name."""
