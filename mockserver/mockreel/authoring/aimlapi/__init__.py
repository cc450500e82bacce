"""Read AI/ML API's OpenAPI files."""
