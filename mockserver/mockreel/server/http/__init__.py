"""Sockets and HTTP: ASGI, protocol, limits, TLS."""
