"""What the pytest plugin is made of, and what a test imports: `check_webhook_handler`.

The plugin is loaded in every run of pytest, so nothing is imported before it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockreel.testing.webhook_handler import check_webhook_handler

__all__ = ["check_webhook_handler"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mockreel.testing import webhook_handler  # noqa: PLC0415

    return getattr(webhook_handler, name)
