"""For tests: the marker with typed options, and what the pytest plugin is made of.

`mark(scenario="fail")` is `pytest.mark.mockreel(scenario="fail")`, but an editor completes its options, and a type
checker tells a typo.
"""

from typing import TYPE_CHECKING, Unpack

if TYPE_CHECKING:
    import pytest

    from mockreel.testing.marker_options import MarkerOptions

__all__ = ["mark"]


def mark(**options: "Unpack[MarkerOptions]") -> "pytest.MarkDecorator":
    """The marker `mockreel` with these options, for a test, a class or a module (`pytestmark`)."""
    import pytest  # noqa: PLC0415  (who serves without tests needs none)

    return pytest.mark.mockreel(**options)
