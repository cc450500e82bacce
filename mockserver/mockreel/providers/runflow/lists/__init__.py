"""Lists: filtered, sorted, cut into pages."""
