"""The control API: the clock, the rules, the jobs, and what happened. Not for strangers.

One module a noun; each has its rows in `ROWS`, and `table.py` lists the modules.
"""

from understudy.server.control.asking import MOST_BYTES
from understudy.server.control.describing import document
from understudy.server.control.row import Handler, Row
from understudy.server.control.table import Control

__all__ = ["MOST_BYTES", "Control", "Handler", "Row", "document"]
