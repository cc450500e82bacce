"""HTTP messages: bodies, queries, keys, forms, requests and responses."""
