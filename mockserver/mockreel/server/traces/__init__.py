"""OpenTelemetry traces: a span for each request, job and webhook attempt, only where they are wanted."""
