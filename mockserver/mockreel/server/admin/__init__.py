"""The control API: the clock, the rules, the jobs, and what happened. Not for strangers.

One module a noun; each has its rows in `ROWS`, and `table.py` lists the modules.
"""

from mockreel.server.admin.control_document import document
from mockreel.server.admin.control_routes import Control
from mockreel.server.admin.request_reader import MOST_BYTES
from mockreel.server.admin.route import Handler, Row

__all__ = ["MOST_BYTES", "Control", "Handler", "Row", "document"]
