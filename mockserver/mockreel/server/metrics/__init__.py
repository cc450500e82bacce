"""Figures for operations, in the text format of Prometheus: counted from the event stream, where they are wanted."""
