"""Two versions of a model: its schema in every file, its price, its names, and what stands beside its fields."""
