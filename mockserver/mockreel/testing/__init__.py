"""For tests: the marker with typed options, and `check_webhook_handler`; the rest makes up the pytest plugin.

`mark(scenario="fail")` is `pytest.mark.mockreel(scenario="fail")`, but an editor completes its options, and a type
checker tells a typo.
"""

from typing import TYPE_CHECKING, Unpack

from mockreel.testing.webhook_handler import check_webhook_handler

if TYPE_CHECKING:
    import pytest

    from mockreel.testing.marker_options import MarkerOptions

__all__ = ["check_webhook_handler", "mark"]


def mark(**options: "Unpack[MarkerOptions]") -> "pytest.MarkDecorator":
    """The marker `mockreel` with these options, for a test, a class or a module (`pytestmark`)."""
    import pytest  # noqa: PLC0415  (who serves without tests needs none)

    return pytest.mark.mockreel(**options)
