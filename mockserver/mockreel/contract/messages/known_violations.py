"""Violations that were found before: who sends what is invalid sends the same again, mostly."""

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import orjson

from mockreel.contract.validation import Step, Violations, shortened, violations

# So many findings are known again, each of no longer a text than this; then they are counted again.
MOST = 256
LONGEST = 4096


class KnownViolations:
    """Finds violations, and knows them again by a hash of what was sent, which is not kept itself.

    Args:
        secret: whether a value names a secret; what is found in such a one is never kept.
    """

    def __init__(self, secret: Callable[[Any], bool]) -> None:
        self._secret = secret
        self._known: dict[tuple[Any, ...], tuple[jsonschema_rs.Draft202012Validator, Violations]] = {}

    def forget(self) -> None:
        """Know nothing again."""
        self._known.clear()

    def find(
        self, validator: jsonschema_rs.Draft202012Validator, instance: Any, *, prefix: tuple[Step, ...] = ()
    ) -> Violations:
        """Every violation in `instance`, which has some; `prefix` is its path in the message."""
        try:
            text = orjson.dumps(shortened(instance))
        except TypeError:  # a number of more than 64 bits
            return violations(validator, instance, prefix=prefix)
        name = (id(validator), prefix, hash(text))
        known = self._known.get(name)
        if known is not None and known[0] is validator:
            return known[1]
        found = violations(validator, instance, prefix=prefix)
        if len(text) > LONGEST or self._secret(instance):
            return found
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[name] = (validator, found)
        return found
