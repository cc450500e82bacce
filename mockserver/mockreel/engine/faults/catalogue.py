"""Every kind of fault, for docs, page, commands and control API."""

from collections.abc import Mapping
from functools import cache

from mockreel.engine.faults.fault_kinds import Kind
from mockreel.engine.faults.response_faults import REPLY_FAULTS
from mockreel.engine.faults.webhook_faults import CALLBACK_FAULTS
from mockreel.errors import FaultError


def catalogue() -> tuple[Kind, ...]:
    """Every fault: first those of responses, then those of callbacks."""
    return REPLY_FAULTS + CALLBACK_FAULTS


@cache
def _by_name() -> Mapping[str, Kind]:
    return {kind.name: kind for kind in catalogue()}


def kind_of(name: str) -> Kind:
    """One fault by name.

    Raises:
        FaultError: there is none; the message lists them.
    """
    found = _by_name().get(name)
    if found is None:
        raise FaultError("fault", name, _by_name())
    return found
