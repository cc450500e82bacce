"""Read the data again when a file of it changes, and play on with the old where the new cannot be used."""

from understudy.watching.watch import Taken, Watch

__all__ = ["Taken", "Watch"]
