"""Find every violation of a schema in a message, as data."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema_rs

Step = str | int
# In a message with more values only the first violation is reported; all would fill the memory.
MOST_VALUES = 10_000
# The length of a violation's text that is stored.
KEPT_TEXT = 300
# Of a text so many characters are validated and quoted, which is more than any schema allows.
QUOTED_TEXT = 128 * 1024


class Violation(NamedTuple):
    """One violation. It is a tuple, as tuples are fast to create and a bad request may have many.

    `path` is the path to the field (even a missing one), `keyword` is JSON Schema's keyword, `limit` its value (the
    allowed options, the bound, the type), `value` the received value (None if there is none).
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

    def for_storage(self, *, path: tuple[Step, ...] | None = None, message: str | None = None) -> "Violation":
        """The violation in the form for storage: shortened, without the value, with a redacted path and message."""
        text = self.message if message is None else message
        if len(text) > KEPT_TEXT:
            text = text[:KEPT_TEXT] + "…"
        return Violation(self.path if path is None else path, self.keyword, text, None, self.limit)

    def row(self) -> Mapping[str, Any]:
        """The violation as a row of the control API."""
        return {"path": list(self.path), "keyword": self.keyword, "message": self.message}


def pointer(path: Iterable[Step]) -> str:
    """A path as a JSON pointer."""
    return "".join([f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path])


class Violations(tuple[Violation, ...]):
    """Violations, and what was made of them: where the same ones are found again, that is known, too."""

    cached_texts: dict[str, Any]  # by who made it

    def __new__(cls, found: Iterable[Violation] = ()) -> "Violations":
        violations = super().__new__(cls, found)
        violations.cached_texts = {}
        return violations


NONE = Violations()


def violations(
    validator: jsonschema_rs.Draft202012Validator, instance: Any, *, prefix: tuple[Step, ...] = ()
) -> Violations:
    """Every violation in `instance`; `prefix` is the path of the instance in the message."""
    short = shortened(instance)
    found = Violations(_each(_errors(validator, short), prefix))
    return found if found or short is instance else Violations(_each(_errors(validator, instance), prefix))


def shortened(instance: Any) -> Any:
    """The same with the beginning of each very long text, as a message quotes it whole; itself if it has none."""
    return _cut(instance) if _has_long_text(instance) else instance


def _has_long_text(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > QUOTED_TEXT
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_has_long_text, inner))


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[:QUOTED_TEXT]
    if isinstance(value, dict):
        return {name: _cut(inner) for name, inner in value.items()}
    return [_cut(inner) for inner in value] if isinstance(value, list) else value


def _errors(validator: jsonschema_rs.Draft202012Validator, instance: Any) -> Iterable[jsonschema_rs.ValidationError]:
    if _has_at_most(MOST_VALUES, instance):
        return validator.iter_errors(instance)
    try:
        validator.validate(instance)
    except jsonschema_rs.ValidationError as first:
        return (first,)
    return ()


def _has_at_most(most: int, instance: Any) -> bool:
    """Whether a message has at most `most` values at any depth."""
    pending = [instance]
    for value in pending:
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        if len(pending) > most:
            return False
    return True


def _each(errors: Iterable[jsonschema_rs.ValidationError], prefix: tuple[Step, ...]) -> Iterator[Violation]:
    for error in errors:
        yield _violation(_strict_error(error), prefix)


def _strict_error(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """The error of the first branch if no branch matches: the first is the strict form of a loosened field."""
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
