"""Which models a run takes: one for each shape of input schema at least, others by the seed, and what is left out."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mockreel.contract import Contract, Model, Operation
from mockreel.contract.evidence.facts import FIRM

# Schema keywords that do not restrict bodies.
_ANNOTATIONS = frozenset({"$id", "$schema", "x-mockreel", "title", "description", "default", "example", "examples"})
# The jobs of so many models of each operation are watched to their end.
_STORIES = 2


class ModelSelection:
    """The models of one run.

    Args:
        names: only these, all of them; all shapes if empty.
        quick: a few shapes only, chosen by the seed.
    """

    def __init__(self, contract: Contract, *, names: Sequence[str] = (), quick: bool = False, seed: int = 0) -> None:
        self._contract = contract
        self._named = {contract.names[name].id for name in names if name in contract.names}
        self._quick = quick
        self._random = random.Random(f"{seed} {contract.provider}")
        self._chosen: dict[str, tuple[Model, ...]] = {}
        self._shapes_seen: set[str] = set()
        self.skipped_pairs = 0

    def at(self, operation: Operation) -> tuple[Model | None, ...]:
        """The models with which an operation is checked; (None,) where it names none."""
        if operation.model is None:
            return (None,)
        if operation.id not in self._chosen:
            self._chosen[operation.id] = self._choose(operation)
        return self._chosen[operation.id]

    def leads(self, operation: Operation) -> tuple[Model | None, ...]:
        """The few of them whose jobs are watched to their end."""
        every = self.at(operation)
        priced = [model for model in every if model is not None and self._is_priced(model)]
        priced.sort(key=lambda model: model.price.evidence.kind not in FIRM)
        others = [model for model in every if model not in priced[:1]]
        if self._quick:  # the form of a result depends on what is made
            kinds = {model.output for model in priced[:1] or every[:1] if model is not None}
            others = [model for model in others if model is None or model.output not in kinds] if priced else others
            return (*priced[:1], *others)[: _STORIES if len(priced[:1]) else 1]
        return (*priced[:1], *others)[:_STORIES]

    def _is_priced(self, model: Model) -> bool:
        """Whether what a job of a model costs is known whatever it makes, so that its record can be held to it."""
        media = self._contract.root.get("media", {})
        counted = {*media.get("counts", {}), *media.get("lengths", {}), "second"}
        return model.price.certainty == "exact" and model.price.unit not in counted

    def schema(self, operation: Operation, model: Model) -> str:
        """The name of a model's input schema at an operation; an older route may have another one."""
        return model.routes.get(operation.route, model.schema) if model.routes else model.schema

    def _choose(self, operation: Operation) -> tuple[Model, ...]:
        known = {model.id: model for model in self._contract.names_at[operation.id].values()}
        every = [model for model in known.values() if not self._named or model.id in self._named]
        fresh = self._one_of_each_shape(operation, every)
        chosen = fresh or every[:1]
        if self._quick and not self._named:
            priced = [model for model in chosen if self._is_priced(model) and model.price.evidence.kind in FIRM]
            chosen = self._random.sample(chosen, min(2, len(chosen)))
            if priced and not any(model in priced for model in chosen):
                chosen = [*chosen[:1], self._random.choice(priced)]
            shown = {model.output for model in chosen}
            others = [model for model in every if operation.submits and model.output not in shown]
            chosen += [self._random.choice(others)] if others else []
        self.skipped_pairs += len(every) - len(chosen)
        return tuple(chosen)

    def _one_of_each_shape(self, operation: Operation, models: Sequence[Model]) -> list[Model]:
        """The models whose shape no operation of this kind has shown yet."""
        if self._named:
            return list(models)
        representatives = []
        for model in models:
            shape = f"{operation.input} {self._shape(operation, model)}"
            if shape not in self._shapes_seen:
                self._shapes_seen.add(shape)
                representatives.append(model)
        return representatives

    def _shape(self, operation: Operation, model: Model) -> str:
        place = operation.model.name if operation.model and operation.model.kind == "body" else None
        plain = _plain(self._contract.schemas.document(self.schema(operation, model)))
        fields = plain.get("properties")
        if isinstance(fields, dict) and place in fields:
            plain = {**plain, "properties": {name: field for name, field in fields.items() if name != place}}
        return hashlib.blake2b(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()


def _plain(schema: Any) -> Any:
    """A schema without its annotations."""
    if isinstance(schema, Mapping):
        return {key: _plain(value) for key, value in schema.items() if key not in _ANNOTATIONS}
    return [_plain(item) for item in schema] if isinstance(schema, list) else schema
