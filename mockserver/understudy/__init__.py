"""Stand-ins."""

__version__ = "0.1.0"
