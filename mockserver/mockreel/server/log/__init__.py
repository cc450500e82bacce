"""The live log: what happens, as it happens, in lines to read or JSON for machines. Nothing waits for the reader."""

from mockreel.server.log.json_format import Records
from mockreel.server.log.line_format import Lines
from mockreel.server.log.line_writer import Nowhere, Outlet
from mockreel.server.log.live_log import Log

__all__ = ["Lines", "Log", "Nowhere", "Outlet", "Records"]
