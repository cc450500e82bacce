"""Reading, expanding, comparing and writing."""

import json
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mockreel
from mockreel.authoring import Change, PageError, build, expand
from mockreel.authoring.build_files import write
from mockreel.contract.schemas import Schemas
from mockreel.errors import DataError, OptionError

Edit = Callable[[str, Callable[[Any], Any]], None]
BUILT = [
    Change("contracts/acme/documents.json", "added"),
    Change("contracts/acme/models.json", "added"),
    Change("contracts/acme/openapi.json", "added"),
    Change("contracts/acme/operations.json", "added"),
    Change("contracts/acme/parsed.json", "added"),
    Change("contracts/acme/prices.json", "added"),
    Change("schemas/acme/models/lens/wide.json", "added"),
]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_build_writes_the_schemas_the_prices_and_the_servers_files(checkout: Path, docs: Path) -> None:
    """What was written by hand stays and is indexed; a second build changes nothing."""
    report = build(docs, checkout)

    assert (dict(report.models), list(report.changes), report.written) == ({"acme": 2}, BUILT, True)
    assert build(docs, checkout).same
    index = json.loads((checkout / "contracts/acme/models.json").read_bytes())
    assert list(index) == ["lens/macro", "lens/wide"]
    assert index["lens/macro"] == {
        "schema": "models/lens/macro.json",
        "output": "image",
        "aliases": ["macro"],
        "endpoints": [],
        "media": {"width": 640},
        "defaults": {"size": 3},
        "price": {
            "certainty": "exact",
            "currency": "USD",
            "unit": "image",
            "amount": "0.10",
            "evidence": "client",
            "source": ["ours"],
        },
        "evidence": "client",
        "source": ["ours"],
    }
    assert index["lens/wide"]["price"]["rules"][0]["amount"] == "0.02"


def test_a_built_schema_says_where_it_came_from(checkout: Path, docs: Path) -> None:
    """Evidence, sources, places and corrections are at the root; the registry finds it by its `$id`."""
    build(docs, checkout)

    schema = Schemas(checkout, "acme", patches={}).document("models/lens/wide.json")
    assert schema["$id"] == "https://mockreel.invalid/schemas/acme/models/lens/wide.json"
    assert schema["x-mockreel"]["source"] == ["page", "old"]
    assert {"at": "/properties/size/default", "was": None, "now": "1080p", "why": "only old states it"} in (
        schema["x-mockreel"]["corrections"]
    )


def test_the_same_input_gives_the_same_bytes_anywhere(checkout: Path, docs: Path, tmp_path: Path) -> None:
    """Built files may go to another folder, which then holds only them."""
    other = tmp_path / "other"
    build(docs, other, data=checkout)
    build(docs, checkout)

    files = tree(other)
    assert sorted(files) == [change.path for change in BUILT]
    assert all((checkout / path).read_bytes() == content for path, content in files.items())
    assert all(content.endswith(b"}\n") for content in files.values())


def test_without_docs_only_the_expansion_runs(checkout: Path, docs: Path, edit: Edit) -> None:
    """Schemas and prices stay; what follows from them and from the written files is made again."""
    build(docs, checkout)
    edit("contracts/acme/openapi.yaml", lambda d: {**d, "info": {"title": "Acme", "version": "2"}})

    changed = [f"contracts/acme/{name}" for name in ("openapi.json", "operations.json")]
    assert [(change.path, change.kind) for change in build(None, checkout).changes] == [(c, "changed") for c in changed]
    ready = expand(checkout / "contracts/acme")
    assert [ready[Path(path).name] for path in changed] == [(checkout / path).read_bytes() for path in changed]


def test_check_reports_and_writes_nothing(checkout: Path, docs: Path) -> None:
    """The report has a line for each provider and each difference."""
    before = tree(checkout)
    report = build(docs, checkout, check=True)

    assert tree(checkout) == before
    assert report.lines() == ("acme: 2 models", *(f"added {change.path}" for change in BUILT))
    assert not report.written


def test_a_missing_model_is_removed_unless_written_by_hand(checkout: Path, docs: Path, edit: Edit) -> None:
    """Only files of an earlier build are removed."""
    build(docs, checkout)
    edit("schemas/acme/sources.yaml", lambda d: {**d, "build": []})
    report = build(docs, checkout)

    assert Change("schemas/acme/models/lens/wide.json", "removed") in report.changes
    assert (checkout / "schemas/acme/models/lens/macro.json").is_file()
    assert not (checkout / "schemas/acme/models/lens/wide.json").exists()


def test_nothing_is_written_when_a_page_is_not_understood(checkout: Path, docs: Path) -> None:
    """One broken page, and everything stays as it was."""
    build(docs, checkout)
    before = tree(checkout)
    (docs / "new.txt").write_text("Endpoint: POST /acme/models/lens/wide/runs\n", encoding="utf-8")

    with pytest.raises(PageError, match=r"new\.txt"):
        build(docs, checkout)
    assert tree(checkout) == before


def test_nothing_is_left_behind_when_a_file_cannot_be_written(tmp_path: Path) -> None:
    """The first file is staged, the second has no place: neither appears."""
    (tmp_path / "b").write_text("a file where a folder should be", encoding="utf-8")

    with pytest.raises(DataError, match="Nothing was changed"):
        write(tmp_path, {"a.json": b"1", "b/c.json": b"2"}, [Change("a.json", "added"), Change("b/c.json", "added")])
    assert sorted(tree(tmp_path)) == ["b"]


@pytest.mark.parametrize("home", [Path(sysconfig.get_path("purelib")) / "mockreel", Path(mockreel.__file__).parent])
def test_an_installed_package_is_never_written_to(home: Path) -> None:
    """The error says what to do instead."""
    with pytest.raises(DataError, match=r"lies in an installed package.*--out DIR"):
        build(None, home)


def test_an_unknown_provider_is_rejected_with_the_known_ones(checkout: Path) -> None:
    """A folder without contracts is another error."""
    with pytest.raises(OptionError, match=r"'nobody' is not valid\. Valid: acme"):
        build(None, checkout, providers=["nobody"])
    with pytest.raises(DataError, match="no contract in it"):
        build(None, checkout / "schemas")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "contracts/acme/pricing.yaml",
            lambda d: {**d, "models": {**d["models"], "nobody": d["models"]["macro"]}},
            "'nobody' is not a model",
        ),
        ("contracts/acme/pricing.yaml", lambda d: {**d, "models": {}}, "'lens/macro' has no price"),
        (
            "contracts/acme/pricing.yaml",
            lambda d: {**d, "models": {**d["models"], "lens/wide": d["models"]["macro"]}},
            "lens/wide: a page also states this price",
        ),
        (
            "contracts/acme/pricing.yaml",
            lambda d: {**d, "models": {"macro": {**d["models"]["macro"], "amount": 0.1}}},
            "price of lens/macro /amount: 0.1 is not a text",
        ),
        (
            "schemas/acme/sources.yaml",
            lambda d: {**d, "build": [{"reader": "tea-leaves"}]},
            "'tea-leaves' is not known",
        ),
        ("schemas/acme/sources.yaml", lambda d: {**d, "sources": {"old": {}}}, "the source 'page' is not listed"),
        ("schemas/acme/sources.yaml", lambda d: {**d, "build": d["build"] * 2}, "would be written to one file"),
        ("contracts/acme/openapi.yaml", lambda d: {**d, "components": {True: 1}}, "the key True is not a text"),
    ],
)
def test_written_files_that_do_not_fit_are_named(
    checkout: Path, docs: Path, edit: Edit, *, name: str, change: Callable[[Any], Any], message: str
) -> None:
    """One thing broken in a checkout that builds."""
    edit(name, change)

    with pytest.raises(DataError, match=message):
        build(docs, checkout)


def test_an_unknown_price_gives_way_to_a_known_one(checkout: Path, docs: Path, edit: Edit) -> None:
    """A handwritten price completes an open one."""
    build(docs, checkout)
    prices = checkout / "contracts/acme/prices.json"
    unknown = {
        "certainty": "unknown",
        "currency": "USD",
        "unit": "request",
        "evidence": "documented",
        "source": ["page"],
    }
    prices.write_text(json.dumps({"lens/wide": unknown}), encoding="utf-8")
    edit(
        "contracts/acme/pricing.yaml",
        lambda d: {**d, "models": {**d["models"], "lens/wide": {**d["models"]["macro"], "amount": "7"}}},
    )

    index = json.loads(expand(checkout / "contracts/acme")["models.json"])
    assert index["lens/wide"]["price"]["amount"] == "7"


def test_a_page_and_a_hand_cannot_both_write_a_model(checkout: Path, docs: Path) -> None:
    """The file would have two owners."""
    hand = (checkout / "schemas/acme/models/lens/macro.json").read_text(encoding="utf-8")
    (checkout / "schemas/acme/models/lens/wide.json").write_text(hand.replace("macro", "wide"), encoding="utf-8")

    with pytest.raises(PageError, match="a page describes this model"):
        build(docs, checkout)
