"""Metrics in the text format of Prometheus, counted from the event stream on demand."""
