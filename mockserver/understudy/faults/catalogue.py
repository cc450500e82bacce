"""Every fault that can be played. Docs, page, commands and control API read it here."""

from collections.abc import Mapping
from functools import cache

from understudy.errors import FaultError
from understudy.faults.kinds import Kind
from understudy.faults.of_callbacks import CALLBACK_FAULTS
from understudy.faults.of_replies import REPLY_FAULTS


def catalogue() -> tuple[Kind, ...]:
    """Every fault: first those of replies, then those of callbacks."""
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
