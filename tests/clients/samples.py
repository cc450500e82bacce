"""Every documented sample that the folder of the providers' documents holds."""

from collections.abc import Iterator
from pathlib import Path

from clients.documented_sample import DocumentedSample
from clients.openapi_samples import openapi_samples
from clients.page_samples import page_samples, sheet_samples
from clients.registry_samples import registry_samples


def documented_samples(docs: Path) -> Iterator[DocumentedSample]:
    """The samples of the OpenAPI files, registries, price list, seed pages and fact sheets, in this order."""
    yield from openapi_samples(docs)
    yield from registry_samples(docs)
    yield from page_samples(docs)
    yield from sheet_samples(docs)
