"""How deep a run of tests goes: the gate draws a sample of what `nox -s deep` checks in full."""

from hypothesis import settings


def is_deep() -> bool:
    """Whether this is the deep run."""
    return settings.get_current_profile_name() == "deep"


def examples(few: int) -> int:
    """How many examples Hypothesis draws where each takes long: these few in the gate, twenty times as many in deep."""
    return few * 20 if is_deep() else few
