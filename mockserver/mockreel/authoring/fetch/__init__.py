"""Fetching: the newest docs from the addresses in `sources.yaml` into a folder, politely."""

from mockreel.authoring.fetch.fetcher import Fetched, Limits, fetch
from mockreel.authoring.fetch.source_addresses import Wanted, wanted

__all__ = ["Fetched", "Limits", "Wanted", "fetch", "wanted"]
