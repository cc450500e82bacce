"""Facts of documents other than models, from OpenAPI files and pages."""
