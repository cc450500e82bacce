"""The public face: what is promised is there, and nothing else is."""

import importlib
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

import mockreel

# Packages whose `__init__` is a face for others.
FACES = [
    "mockreel",
    "mockreel.authoring",
    "mockreel.webhooks",
    "mockreel.client",
    "mockreel.contract",
    "mockreel.client.admin",
    "mockreel.proxy",
    "mockreel.simulator.events",
    "mockreel.server.log",
    "mockreel.cassettes",
    "mockreel.proxy.intercept",
    "mockreel.server",
    "mockreel.server.reload",
    "mockreel.webhooks",
]


@pytest.mark.parametrize("name", mockreel.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Though it is loaded only on first use."""
    assert getattr(mockreel, name) is not None


@pytest.mark.parametrize("face", FACES)
def test_a_face_lists_its_names_in_order_and_all_of_them_exist(face: str) -> None:
    """Each once."""
    module = importlib.import_module(face)
    names = list(module.__all__)

    assert names == sorted(set(names))
    assert all(hasattr(module, name) for name in names)


@pytest.mark.parametrize("face", FACES[1:])
def test_what_a_face_imports_it_exports(face: str) -> None:
    """Nothing is public by accident, and nothing that is imported there is forgotten in the list."""
    module = importlib.import_module(face)
    found = {name for name, value in vars(module).items() if not name.startswith("_") and not _is_module(value)}

    assert sorted(found) == list(module.__all__)


def _is_module(value: Any) -> bool:
    return isinstance(value, ModuleType)


def test_what_is_shown_of_the_package_is_what_is_public() -> None:
    """With `dir`."""
    assert dir(mockreel) == sorted(mockreel.__all__)


def test_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    """As any module would, and then some."""
    with pytest.raises(AttributeError, match=r"module 'mockreel' has no attribute 'serve'; it has Clock, .*serving"):
        _ = mockreel.serve


def modules_after(code: str) -> set[str]:
    """The top-level modules that are loaded once some code has run in a fresh Python."""
    shown = f"{code}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_loads_nothing_of_it() -> None:
    """It is imported by every run of pytest in whose environment it is installed."""
    code = "import mockreel, sys; print([n for n in sys.modules if n.startswith('mockreel')])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert shown.strip() == "['mockreel']"
    assert not {"orjson", "yaml", "starlette", "click"} & modules_after("import mockreel")


@pytest.mark.parametrize(
    ("code", "without"),
    [
        ("import mockreel.server", {"httpx2", "rich", "schemathesis", "vcr", "hypothesis", "jsonpath", "av"}),
        (
            "import mockreel.cli.use.serve_command",
            {"httpx2", "rich", "schemathesis", "vcr", "hypothesis", "jsonpath", "av"},
        ),
        ("import mockreel.cli", {"httpx2", "rich", "schemathesis", "starlette", "uvicorn", "yaml", "jsonschema_rs"}),
        ("import mockreel.contract", {"httpx2", "starlette", "uvicorn", "click"}),
        ("from mockreel import load_contract\nload_contract('aimlapi')", {"httpx2", "starlette", "jsonpath"}),
    ],
)
def test_what_is_not_needed_is_not_imported(code: str, without: set[str]) -> None:
    """Starting up costs what it must: the rest is loaded on first use."""
    assert without & modules_after(code) == set()
