"""A local mock server for paid, asynchronous video-generation APIs, driven by their contracts.

from mockreel import serving

with serving() as server:
    ...  # server.runflow.url, server.runflow.key, server.control.url
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockreel.contract import load_contract
    from mockreel.engine.clock import Clock
    from mockreel.server import create_app, serving
    from mockreel.server.mock_server import MockServer
    from mockreel.simulator.settings import Settings

__version__ = "0.1.0"

__all__ = ["Clock", "MockServer", "Settings", "__version__", "create_app", "load_contract", "serving"]

# Loaded on first use: importing the package must cost next to nothing, in every pytest run that has it installed.
_HOMES = {
    "Clock": "mockreel.engine.clock",
    "MockServer": "mockreel.server.mock_server",
    "Settings": "mockreel.simulator.settings",
    "create_app": "mockreel.server",
    "load_contract": "mockreel.contract",
    "serving": "mockreel.server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mockreel' has no attribute {name!r}; it has {', '.join(__all__)}")
    import importlib  # noqa: PLC0415

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
