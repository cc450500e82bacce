"""Drift of models: the schema in every file, the price, the names and the notes on fields."""
