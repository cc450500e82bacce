"""How far the docs can be seen: which models a document that could not be read may hide, and which facts of others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import ModelPage
from mockreel.drift.models.model_copies import without_files
from mockreel.drift.models.model_facts import ModelFacts

_PRICE = "price"


@dataclass(frozen=True, slots=True)
class Sight:
    """What was read, and what was not.

    Args:
        lost: the parts that could not be read: files, models, `price` and a model, or "" for what has no name.
        read: the sources that some model was read from.
        pages: the sources of documents of one model each that were not read.
        stranger: whether something was lost that may be about any model.
    """

    lost: frozenset[str]
    read: frozenset[str]
    pages: frozenset[str]
    stranger: bool

    @classmethod
    def of(
        cls, docs: Docs, pages: Mapping[str, str], held: Mapping[str, ModelFacts], found: Mapping[str, ModelPage]
    ) -> "Sight":
        """What a reading of the docs has seen, of models that are held."""
        known = {name for model in held.values() for name in (model.id, *model.aliases, *model.documents)} | set(pages)
        return cls(
            frozenset(docs.lost),
            frozenset(source for page in found.values() for source in page.source),
            frozenset(pages[name] for name in docs.lost if name in pages),
            any(name not in known and not name.startswith(_PRICE) for name in docs.lost),
        )

    def hides(self, model: ModelFacts, *, there: bool) -> bool:
        """Whether what is held of a model cannot be compared: its newest page was not read, or nothing of it was met.

        Args:
            there: whether some document has it.
        """
        own = {model.id, *model.aliases, *model.documents}
        unmet = not there and (self.stranger or bool(own & self.lost))
        return unmet or model.source[0] in self.pages - self.read

    def seen(self, model: ModelFacts) -> ModelFacts:
        """A model without what only documents state that were not read."""
        unread = [source for source in model.source if source not in self.read]
        model = model.without(unread) if unread else model
        unpriced = bool({_PRICE, f"{_PRICE} {model.id}"} & self.lost)
        return replace(_partly(model, self.lost.union(unread)), price=None if unpriced else model.price)


def _partly(model: ModelFacts, lost: frozenset[str]) -> ModelFacts:
    """A model as the files or lists have it that were read."""
    left = [file for file in model.documents if file not in lost]
    copies = without_files(model.copies, lost)
    if len(left) == len(model.documents) and len(copies) == len(model.copies):
        return model
    schema = next(iter(copies.values()), model.schema)
    return replace(model, copies=copies, schema=schema, documents=tuple(left), endpoints=())
