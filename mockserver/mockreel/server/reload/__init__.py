"""Reload the data when a file changes; the old data stays in use if the new is invalid."""

from mockreel.server.reload.watcher import Reload, Watch

__all__ = ["Reload", "Watch"]
