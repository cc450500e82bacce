"""How much of the docs could be read: the models and facts that an unreadable document may hide."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import ModelPage
from mockreel.drift.models.model_copies import without_files
from mockreel.drift.models.model_facts import ModelFacts

_PRICE = "price"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which parts of the docs were read, and which were not.

    Args:
        lost: the parts that could not be read: files, models, `price` and a model, or "" for an unnamed part.
        read: the sources that some model was read from.
        pages: the sources of the one-model documents that were not read.
        unattributed: whether a lost part may be about any model.
    """

    lost: frozenset[str]
    read: frozenset[str]
    pages: frozenset[str]
    unattributed: bool

    @classmethod
    def of(
        cls, docs: Docs, pages: Mapping[str, str], models: Mapping[str, ModelFacts], found: Mapping[str, ModelPage]
    ) -> "Coverage":
        """The coverage of `models` by one reading of the docs."""
        known = {*pages, *(name for one in models.values() for name in (one.id, *one.aliases, *one.documents))}
        return cls(
            frozenset(docs.lost),
            frozenset(source for page in found.values() for source in page.source),
            frozenset(pages[name] for name in docs.lost if name in pages),
            any(name not in known and not name.startswith(_PRICE) for name in docs.lost),
        )

    def hides(self, model: ModelFacts, *, there: bool) -> bool:
        """Whether a model cannot be compared: its newest page was not read, or a lost part may describe it.

        Args:
            there: whether some document that was read has the model.
        """
        names = {model.id, *model.aliases, *model.documents}
        missed = not there and (self.unattributed or bool(names & self.lost))
        return missed or model.source[0] in self.pages - self.read

    def readable_part(self, model: ModelFacts) -> ModelFacts:
        """A model without the facts that only unread documents state."""
        unread = [source for source in model.source if source not in self.read]
        model = model.without(unread) if unread else model
        unpriced = bool({_PRICE, f"{_PRICE} {model.id}"} & self.lost)
        return replace(_partly(model, self.lost.union(unread)), price=None if unpriced else model.price)


def _partly(model: ModelFacts, lost: frozenset[str]) -> ModelFacts:
    """A model as described by the files or lists that were read."""
    documents = [file for file in model.documents if file not in lost]
    copies = without_files(model.copies, lost)
    if len(documents) == len(model.documents) and len(copies) == len(model.copies):
        return model
    schema = next(iter(copies.values()), model.schema)
    return replace(model, copies=copies, schema=schema, documents=tuple(documents), endpoints=())
