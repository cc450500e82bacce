"""Build the data: from the providers' docs to schemas and prices, and from written files to the server's own.

Two steps, and the second needs no docs:

1. the readers give one frozen `ModelPage` for each model, which is written as its schema and its price;
2. `expand` writes `openapi.json` and `models.json` from those and from what people wrote.

Everything is computed before anything is written.
"""

from mockreel.authoring.builder import Report, build
from mockreel.authoring.documented_model import Correction, ModelPage, PageError, PagePrice, Rule
from mockreel.authoring.expansion import expand
from mockreel.authoring.written_files import Change

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
