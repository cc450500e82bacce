"""How deep a run of tests goes: the gate draws a sample of what `nox -s deep` checks in full."""

from hypothesis import settings


def examples(few: int) -> int:
    """How many examples Hypothesis draws where each takes long: these few in the gate, twenty times as many in deep."""
    return few * 20 if settings.get_current_profile_name() == "deep" else few
