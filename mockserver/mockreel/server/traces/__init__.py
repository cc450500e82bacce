"""OpenTelemetry traces: a span for each request, job and webhook attempt, if enabled."""
