"""The server: sockets to parts, the control API, and the ways to start and stop them."""

from mockreel.server.app import create_app
from mockreel.server.socket_server import serving

__all__ = ["create_app", "serving"]
