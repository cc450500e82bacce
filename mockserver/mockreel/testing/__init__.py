"""For tests: the marker with typed options, and `check_webhook_handler`; the other modules are the pytest plugin.

`mark(scenario="fail")` is `pytest.mark.mockreel(scenario="fail")` with completion in editors and checked types. Every
run of pytest loads the plugin, so nothing is imported before its first use.
"""

from typing import TYPE_CHECKING, Any, Unpack

if TYPE_CHECKING:
    import pytest

    from mockreel.testing.marker_options import MarkerOptions
    from mockreel.testing.webhook_handler import check_webhook_handler

__all__ = ["check_webhook_handler", "mark"]


def __getattr__(name: str) -> Any:
    """Loaded on first use: pytest imports this package in every run, with the plugin."""
    if name != "check_webhook_handler":
        raise AttributeError(f"module 'mockreel.testing' has no attribute {name!r}; it has {', '.join(__all__)}")
    from mockreel.testing.webhook_handler import check_webhook_handler  # noqa: PLC0415

    return check_webhook_handler


def mark(**options: "Unpack[MarkerOptions]") -> "pytest.MarkDecorator":
    """The marker `mockreel` with these options, for a test, a class or a module (`pytestmark`)."""
    import pytest  # noqa: PLC0415  (only tests need it)

    return pytest.mark.mockreel(**options)
