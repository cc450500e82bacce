"""The journal of requests and webhook attempts: queries, export, redaction."""
