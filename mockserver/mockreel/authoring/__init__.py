"""Build the data: schemas and prices from the providers' docs, and the server's files from those.

There are two steps; only the first needs the docs:

1. the readers yield one `ModelPage` per model, which is written as its schema and its price;
2. `expand` writes `openapi.json` and `models.json` from those and from the files written by hand.

Everything is computed before anything is written.
"""

from mockreel.authoring.build_files import Change
from mockreel.authoring.builder import Report, build
from mockreel.authoring.documented_model import Correction, ModelPage, PageError, PagePrice, Rule
from mockreel.authoring.expansion import expand

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
