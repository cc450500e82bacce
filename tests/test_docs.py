"""The docs are under test: every command, every block of Python, every link, every generated part."""

import importlib
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from inspect import signature
from pathlib import Path

import click
import httpx2
import pytest
from support.lacking import lacking
from tools.pages import ROOT, Page, page, pages
from tools.rehearsal import Rehearsal, on_terminal
from tools.tables.commands import commands
from tools.write_docs import written

import mockreel
from mockreel import Settings, create_app
from mockreel.server.admin import Control
from mockreel.server.server_options import Options
from mockreel.simulator.simulator import Simulator

PAGES = pages()

# What no page may hold: paths of the machine on which it was written, and hosts of package registries.
_LOCAL = re.compile(r"/(work|home|root|tmp|Users|farm|opt)/|pypi\.org|pythonhosted|registry\.npmjs|localhost:\d")
# So many words in a row are a quotation.
QUOTED_WORDS = 14


def _name(page: Page) -> str:
    return page.name


@pytest.fixture
def rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A folder and a server for one page; readers have `httpx`, which is `httpx2` here."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setitem(sys.modules, "httpx", httpx2)
    playing = Rehearsal(tmp_path)
    yield playing
    playing.close()


@pytest.mark.parametrize("shown", PAGES, ids=_name)
def test_what_a_page_shows_happens(shown: Page, rehearsal: Rehearsal) -> None:
    """Every command and every block of Python runs, in the order of the page, and prints what the page says."""
    for block in shown.blocks:
        rehearsal.play(block)


@pytest.mark.parametrize("shown", PAGES, ids=_name)
def test_generated_parts_are_as_the_data_is(shown: Page) -> None:
    """A part between markers is what `python tests/tools/write_docs.py` writes there."""
    assert written(shown) == shown.text, f"{shown.name} is old; write it: python tests/tools/write_docs.py"


@pytest.mark.parametrize("shown", PAGES, ids=_name)
def test_links_lead_somewhere(shown: Page) -> None:
    """A link inside the repository leads to a file that exists, and to a heading that it has."""
    for link in (link for link in shown.links if not link.startswith("https://")):
        target, _, anchor = link.partition("#")
        path = ((ROOT / shown.name).parent / target).resolve() if target else ROOT / shown.name
        assert path.is_file(), f"{shown.name} links to {link}"
        assert not anchor or anchor in page(path.relative_to(ROOT).as_posix()).anchors, f"{shown.name}: no {link}"


@pytest.mark.parametrize("shown", [*PAGES, page("tests/README.md")], ids=_name)
def test_files_that_a_page_names_exist(shown: Page) -> None:
    """A Python file named with its folder, as `tests/test_docs.py`; in docs/maintain also one named alone."""
    package = Path(mockreel.__file__).parent
    named = re.findall(r"`((?:\w+/)+\w+\.py)`", shown.prose)
    folders = (ROOT, ROOT / "tests", package.parent, package)
    assert [name for name in named if not any((folder / name).is_file() for folder in folders)] == []

    alone = re.findall(r"`(\w+\.py)`", shown.prose) if shown.name.startswith("docs/maintain/") else []
    assert [name for name in alone if not any(package.rglob(name))] == []


def test_files_that_a_session_names_exist() -> None:
    """A test that was renamed would be missing from its session, which runs outside of the gate."""
    named = re.findall(r'"((?:tests|docs|\.ci|\.github)/[\w./-]+)"', (ROOT / "noxfile.py").read_text("utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("shown", PAGES, ids=_name)
def test_no_page_names_the_machine_it_was_written_on(shown: Page) -> None:
    """Neither a path of ours nor a registry's host, nor an address that no server here has."""
    assert _LOCAL.findall(shown.text) == []


@pytest.mark.parametrize("shown", PAGES, ids=_name)
def test_no_page_quotes_the_providers_docs(shown: Page) -> None:
    """No run of words is one of the providers' own docs."""
    if "MOCKREEL_DOCS" not in os.environ:
        lacking("docs", "MOCKREEL_DOCS does not name the providers' docs, so nothing is compared with them")
    quoted = sorted(_runs(shown.prose) & _docs_runs())
    assert quoted == [], f"{shown.name} has words of the providers' docs"


@cache
def _docs_runs() -> frozenset[str]:
    texts = sorted(Path(os.environ["MOCKREEL_DOCS"]).rglob("*.txt"))
    assert texts, "MOCKREEL_DOCS names a folder without pages"
    return frozenset().union(*(_runs(path.read_text("utf-8", "replace")) for path in texts))


def _runs(text: str) -> set[str]:
    """Every run of so many words, without marks and case."""
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {" ".join(words[at : at + QUOTED_WORDS]) for at in range(len(words) - QUOTED_WORDS + 1)}


def test_few_blocks_are_not_tested_and_each_says_why() -> None:
    """What readers are shown is run, but for what installs, measures, writes into the checkout, or needs an engine."""
    untested = [block for page in PAGES for block in page.blocks if "not tested" in block.marks]
    assert all(len(block.marks["not tested"]) > 10 for block in untested)
    assert len(untested) <= 9, [block.where for block in untested]


def test_blocks_that_are_run_elsewhere_are_run_there() -> None:
    """The test that a block names exists, and reads the page."""
    found = [(page, block) for page in PAGES for block in page.blocks if "elsewhere" in block.marks]
    tests = {block.where: (ROOT / block.marks["elsewhere"], page.name) for page, block in found}
    assert tests
    assert [where for where, (test, name) in tests.items() if name not in test.read_text("utf-8")] == []


def test_the_readme_begins_with_one_install_line_and_ends_with_the_test_command() -> None:
    """One line installs all that the page uses; the last one runs all tests, is the gate's own, and says how long."""
    readme = page("README.md")
    gate = (ROOT / ".ci" / "run").read_text("utf-8")
    install = 'python3 -m venv .venv && . .venv/bin/activate && pip install -q ".[all]"'
    tests = "python3 -m venv .venv-nox && .venv-nox/bin/pip install -q nox && .venv-nox/bin/nox -s tests"
    shells = [block.text.strip() for block in readme.blocks if block.language == "sh"]

    assert [text for text in shells if "pip install" in text] == [install, tests]
    assert (shells[0], shells[-1]) == (install, tests)
    assert tests in [line.strip() for line in gate.splitlines()]
    assert "minutes" in readme.text.split("## Run the tests")[1]


def test_the_extra_all_is_every_other_extra_and_what_examples_import() -> None:
    """So that nothing that the README uses is missing after its install line."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    every = {row for name, rows in extras.items() if name != "all" for row in rows}

    assert every <= set(extras["all"])
    assert {row.partition(">")[0] for row in set(extras["all"]) - every} == {"requests"}


def test_the_first_screen_says_what_people_search_for() -> None:
    """A mock server, webhooks, responses; and no scaffolding of the tests anywhere on the page."""
    text = page("README.md").text

    assert all(word in text[:1500].lower() for word in ("mock server", "webhook", "response"))
    assert [scaffold for scaffold in ("|| true", "curl: (", "<!-- file") if scaffold in text] == []


@pytest.mark.parametrize("shown", PAGES, ids=_name)
def test_names_of_ours_exist(shown: Page) -> None:
    """A class or function that prose calls by its full name is where it says."""
    for module, name in re.findall(r"(?<![/\w])(mockreel(?:\.[a-z_]+)*)[.:]([A-Z]\w+)", shown.prose):
        assert hasattr(importlib.import_module(module), name), f"{shown.name}: there is no {module}.{name}"


def test_the_readme_shows_what_the_demo_prints(tmp_path: Path) -> None:
    """Every line of the excerpt is a line of a real run on a terminal; its times differ, the sizes of clips do not."""
    (shown,) = (block for block in page("README.md").blocks if "demo" in block.marks)
    printed = {_without_numbers(line) for line in on_terminal("demo", folder=tmp_path).splitlines()}
    lines = [line for line in shown.text.splitlines() if line != "..."]
    assert [line for line in lines if _without_numbers(line) not in printed] == []


def _without_numbers(line: str) -> str:
    return re.sub(r"\d+(?!\d* KB)", "0", line).strip()


def test_every_command_and_option_is_documented() -> None:
    """Each command has its options on a page, as its help has them: `<!-- generated: options NAME -->`."""
    text = "".join(page.text for page in PAGES)
    longest_first = sorted(commands(), key=lambda one: -len(one[0]))  # `control at` has commands of other groups
    named = {id(command): name for name, command in longest_first}
    assert [name for name in named.values() if f"<!-- generated: options {name} -->" not in text] == []
    given = [option for _, command in commands() for option in command.params if isinstance(option, click.Option)]
    assert [option.opts[0] for option in given if f"`{option.opts[0]}" not in text] == []


def test_the_routes_of_the_control_api_are_those_of_its_page(simulator: Simulator) -> None:
    """Every route stands in the table of control.md, and every row of the table is a route."""
    routes = {
        f"{method} {re.sub(r':[a-z]+', '', route.path)}"
        for route in Control(simulator).routes()
        for method in (route.methods or set()) - {"HEAD"}
    }
    rows = set(
        re.findall(
            r"^\| `((?:GET|POST|DELETE|PUT|PATCH) [^`]+)` \|", page("docs/reference/control.md").text, re.MULTILINE
        )
    )
    assert rows == routes


def test_the_python_page_has_every_public_name_keyword_and_field() -> None:
    """Public names, the options of `serving`, the keywords of `create_app` and the settings are all there."""
    text = page("docs/reference/python.md").text
    expected = {*mockreel.__all__, *signature(create_app).parameters}
    expected |= {field.name for field in (*fields(Options), *fields(Settings))}
    assert sorted(name for name in expected if f"`{name}" not in text) == []


@pytest.mark.parametrize("shown", PAGES, ids=_name)
def test_commands_stand_in_blocks_that_are_run(shown: Page) -> None:
    """What is indented instead of fenced would be shown and not run."""
    assert re.findall(r"^(?: {4}|\t)\$? ?(?:mockreel|curl|python3?|nox|pip) .*", shown.prose, re.MULTILINE) == []


# Words of an older dialect, and what the field says instead (docs/reference/glossary.md).
_DIALECT = re.compile(
    r"\b(whoever|stand-in|what fits|plays? the part|begun anew|for want of|unless told)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("shown", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=_name)
def test_pages_are_in_plain_english(shown: Page) -> None:
    """One word for one thing, the field's own; generated tables too, but for the names of checks."""
    prose = re.sub(r"<!-- saboteurs: begin -->.*?<!-- saboteurs: end -->", "", shown.prose, flags=re.DOTALL)
    assert _DIALECT.findall(prose) == []


def test_help_is_in_plain_english() -> None:
    """Every command's help and every option's."""
    texts = {name: command.help or "" for name, command in commands()}
    texts |= {
        f"{name} {option.opts[0]}": option.help or ""
        for name, command in commands()
        for option in command.params
        if isinstance(option, click.Option)
    }
    assert {where: text for where, text in texts.items() if _DIALECT.search(text)} == {}
