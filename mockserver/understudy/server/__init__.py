"""The server: sockets to parts, the control API, and the ways to start and stop them."""

from understudy.server.app import create_app
from understudy.server.hosting import serving

__all__ = ["create_app", "serving"]
