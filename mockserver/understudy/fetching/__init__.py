"""Fetching: the newest docs from the addresses in `sources.yaml` into a folder, politely."""

from understudy.fetching.addresses import Wanted, wanted
from understudy.fetching.fetch import Fetched, Limits, fetch

__all__ = ["Fetched", "Limits", "Wanted", "fetch", "wanted"]
