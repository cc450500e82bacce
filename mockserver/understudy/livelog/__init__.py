"""What happens on a stage, written as it happens: lines to read, or JSON for machines. Nothing waits for the reader."""

from understudy.livelog.lines import Lines
from understudy.livelog.log import Log
from understudy.livelog.outlet import Nowhere, Outlet
from understudy.livelog.records import Records

__all__ = ["Lines", "Log", "Nowhere", "Outlet", "Records"]
