"""Fetch the newest docs from the addresses in `sources.yaml` into a folder, one request at a time."""

from mockreel.authoring.fetch.fetcher import Fetched, Limits, fetch
from mockreel.authoring.fetch.source_addresses import SourcePage, source_pages

__all__ = ["Fetched", "Limits", "SourcePage", "fetch", "source_pages"]
