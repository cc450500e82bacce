"""Read contract files into checked, typed rows."""
