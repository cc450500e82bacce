"""One HTTP message: its body, query, key, form, and the values that the simulator takes and gives."""
