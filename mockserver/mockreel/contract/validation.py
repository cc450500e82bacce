"""What is wrong with a message: every violation of a schema, as data."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema_rs

Step = str | int
# A message with more values than this is told its first violation only: the others would fill the memory.
MOST_VALUES = 10_000
# As much of a violation's text as is kept for later.
KEPT_TEXT = 300


class Violation(NamedTuple):
    """One broken rule. A tuple, because tuples are made fast and a bad request may make many.

    `path` leads to the field (a missing one included), `keyword` is JSON Schema's word for the rule, `limit` its
    value (the allowed options, the bound, the type), `value` what stood there (None where nothing did).
    """

    path: tuple[Step, ...]
    keyword: str
    message: str
    value: Any
    limit: Any

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer."""
        return pointer(self.path)

    def kept(self, *, path: tuple[Step, ...] | None = None, message: str | None = None) -> "Violation":
        """The violation as it may be kept: bounded, without the value, with what was redacted in place of its own."""
        said = self.message if message is None else message
        if len(said) > KEPT_TEXT:
            said = said[:KEPT_TEXT] + "…"
        return Violation(self.path if path is None else path, self.keyword, said, None, self.limit)

    def row(self) -> Mapping[str, Any]:
        """The violation as the control API shows it."""
        return {"path": list(self.path), "keyword": self.keyword, "message": self.message}


def pointer(path: Iterable[Step]) -> str:
    """A path as a JSON pointer."""
    return "".join([f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path])


class Violations(tuple[Violation, ...]):
    """Violations, and what was made of them: where the same ones are found again, that is known, too."""

    told: dict[str, Any]  # by who made it

    def __new__(cls, found: Iterable[Violation] = ()) -> "Violations":
        made = super().__new__(cls, found)
        made.told = {}
        return made


NONE = Violations()


def violations(
    validator: jsonschema_rs.Draft202012Validator, instance: Any, *, prefix: tuple[Step, ...] = ()
) -> Violations:
    """Every violation in `instance`; `prefix` is where the instance stands in the message."""
    return Violations(_each(_errors(validator, instance), prefix))


def _errors(validator: jsonschema_rs.Draft202012Validator, instance: Any) -> Iterable[jsonschema_rs.ValidationError]:
    if _has_at_most(MOST_VALUES, instance):
        return validator.iter_errors(instance)
    try:
        validator.validate(instance)
    except jsonschema_rs.ValidationError as first:
        return (first,)
    return ()


def _has_at_most(most: int, instance: Any) -> bool:
    """Whether there are at most so many values in a message, however deep."""
    left = [instance]
    for value in left:
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
        if len(left) > most:
            return False
    return True


def _each(errors: Iterable[jsonschema_rs.ValidationError], prefix: tuple[Step, ...]) -> Iterator[Violation]:
    for error in errors:
        yield _violation(_telling(error), prefix)


def _telling(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """The error of the first branch where none of several fits: the strict form of a loosened field is first."""
    context = getattr(error.kind, "context", None)
    while context and context[0]:
        error = context[0][0]
        context = getattr(error.kind, "context", None)
    return error


def _violation(error: jsonschema_rs.ValidationError, prefix: tuple[Step, ...]) -> Violation:
    place, kind = error.schema_path, error.kind
    keyword = place[-1] if place else kind.name
    path = (*prefix, *error.instance_path)
    missing = getattr(kind, "property", None) if keyword == "required" else None
    if isinstance(missing, str):
        return Violation((*path, missing), "required", error.message, None, missing)
    limit = getattr(kind, "value", None)
    return Violation._make((path, str(keyword), error.message, error.instance, limit))
