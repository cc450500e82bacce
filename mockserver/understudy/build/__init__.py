"""Build the data: from the providers' docs to schemas and prices, and from written files to the server's own.

Two steps, and the second needs no docs:

1. the readers give one frozen `ModelPage` for each model, which is written as its schema and its price;
2. `expand` writes `openapi.json` and `models.json` from those and from what people wrote.

Everything is computed before anything is written.
"""

from understudy.build.builder import Report, build
from understudy.build.changes import Change
from understudy.build.expand import expand
from understudy.build.model_page import Correction, ModelPage, PageError, PagePrice, Rule

__all__ = [
    "Change",
    "Correction",
    "ModelPage",
    "PageError",
    "PagePrice",
    "Report",
    "Rule",
    "build",
    "expand",
]
