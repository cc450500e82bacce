"""What documents state besides their models: OpenAPI files with their references, and pages."""
