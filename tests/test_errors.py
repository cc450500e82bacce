"""What is raised on purpose: one tree, and messages that say what to do next."""

import ast
import inspect
import random
from pathlib import Path

import pytest

from mockreel import errors
from mockreel.errors import MOST_COMPARED, DataError, MockreelError, OptionError, PortTaken, nearest

TAKEN = (
    "Cannot listen on 127.0.0.1:8700: Address already in use. Choose other ports with --port N (0 takes free ones), "
    "or end the process that holds this one."
)


def test_everything_comes_from_one_root_and_stands_in_the_tree_that_is_drawn() -> None:
    """Catching the root catches all; the docstring draws them."""
    found = [one for _, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]

    assert all(issubclass(one, MockreelError) for one in found)
    assert [one.__name__ for one in found if one.__name__ not in str(errors.__doc__)] == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DataError("a.yaml /b", "5 is not a text"), "a.yaml /b: 5 is not a text."),
        (
            DataError("a.yaml", "5 is not a text", expected="a text", then="Put it in quotes."),
            "a.yaml: 5 is not a text. Expected a text. Put it in quotes.",
        ),
        (OptionError("pace", "lento"), "pace: 'lento' is not valid."),
        (
            OptionError("pace", "lento", ["quick", "documented"], then="Choose one."),
            "pace: 'lento' is not valid. Valid: quick, documented. Choose one.",
        ),
        (
            PortTaken("127.0.0.1", 8700, "Address already in use"),
            TAKEN,
        ),
    ],
)
def test_a_message_says_what_happened_what_is_valid_and_what_to_do(error: MockreelError, text: str) -> None:
    """With the value, in sentences."""
    assert str(error) == text


def test_an_error_carries_what_its_message_says() -> None:
    """For programs."""
    assert (DataError("a", "b").where, DataError("a", "b").what) == ("a", "b")
    assert (OptionError("a", 5, iter(["x"])).value, OptionError("a", 5, iter(["x"])).valid) == (5, ("x",))
    assert (PortTaken("h", 1, "w").host, PortTaken("h", 1, "w").port) == ("h", 1)


NAMES = tuple(
    f"{maker}/{model}-{version}/{what}"
    for maker in ("google", "kling", "bytedance", "alibaba", "minimax")
    for model in ("veo", "seedance", "wan", "hailuo")
    for version in range(10)
    for what in ("text-to-video", "edit", "lite", "pro", "turbo")
)
LONG = {
    "drawn": "".join(random.Random(1).choices("abcdefghijklmnop/-.0123", k=1_000_000)),
    "one letter": "x" * 1_000_000,
    "pieces of names": "/-".join(NAMES) * 20,
    "other scripts": "ß💥İ" * 300_000,
    "as long as is compared": "abc-/" * 16,
}


@pytest.mark.parametrize("name", LONG)
def test_no_name_makes_the_search_for_the_nearest_long(name: str) -> None:
    """However long it is, only its beginning is compared; and the message stays short."""
    error = OptionError("model", LONG[name], NAMES)

    assert error.nearest == OptionError("model", LONG[name][:MOST_COMPARED], NAMES).nearest
    assert len(error.nearest) == 5
    assert len(str(error)) < 1000


def test_the_nearest_names_are_found_in_spite_of_case_and_slips() -> None:
    """And those that have the name as a part come first."""
    assert nearest("Google/VEO-3/lite", NAMES, most=1) == ("google/veo-3/lite",)
    assert nearest("bytdance/seedanc-7/turbo", NAMES, most=1) == ("bytedance/seedance-7/turbo",)
    assert all(one.endswith("hailuo-9/pro") for one in nearest("hailuo-9/pro", NAMES))
    assert nearest("quite different", NAMES, least=0.9) == ()


def _docstrings(tree: ast.AST) -> set[int]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented) and node.body]
    return {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}


def test_no_message_speaks_of_loopback() -> None:
    """Who runs a server for the first time knows `127.0.0.1`, `this machine`, and what other machines can reach."""
    found = []
    for path in sorted(Path(errors.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        described = _docstrings(tree)
        texts = (one for one in ast.walk(tree) if isinstance(one, ast.Constant) and id(one) not in described)
        found += [f"{path.name}:{one.lineno}" for one in texts if "loopback" in str(one.value)]

    assert found == []
