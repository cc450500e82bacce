"""Read the data again when a file of it changes, and play on with the old where the new cannot be used."""

from mockreel.server.reload.watcher import Taken, Watch

__all__ = ["Taken", "Watch"]
