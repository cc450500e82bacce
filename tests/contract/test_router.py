"""Which operation a path means: literals before one segment, one segment before many; against a naive matcher."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.caller import FOURTH

from mockreel.contract import Operation, load_contract
from mockreel.contract.router import Router

CONTRACT = load_contract("encore", root=FOURTH)
SOME = CONTRACT.operation("get_job")


def operation(path: str, method: str = "GET") -> Operation:
    """An operation at a template; parameters that begin with `m` span segments."""
    many = frozenset(part[1:-1] for part in path.split("/") if part.startswith("{m"))
    return replace(SOME, id=f"{method} {path}", method=method, path=path, many=many)


def naive(templates: list[str], path: str) -> tuple[str, dict[str, str]] | None:
    """Every way in which any template can mean the path; the best is literal as far as it can be."""
    found = []
    for template in templates:
        for way in ways(template[1:].split("/"), path[1:].split("/")):
            values = {
                part[1:-1]: value for part, value in zip(template[1:].split("/"), way, strict=True) if part[0] == "{"
            }
            found.append((rank(template[1:].split("/"), way), template, values))
    return min(found, key=lambda one: one[0])[1:] if found else None


def ways(template: list[str], parts: list[str]) -> list[list[str]]:
    if not template:
        return [] if parts else [[]]
    first, rest = template[0], template[1:]
    longest = len(parts) if first.startswith("{m") else 1
    heads = [parts[:size] for size in range(1, longest + 1) if len(parts) >= size]
    fitting = [head for head in heads if head == [first] or (first.startswith("{") and all(head))]
    return [["/".join(head), *way] for head in fitting for way in ways(rest, parts[len(head) :])]


def rank(template: list[str], way: list[str]) -> list[tuple[int, int]]:
    """Literal before one segment before many, from the left; of many, the one with more literals behind it."""
    kinds = {"{m": 2, "{s": 1}
    return [
        (kinds.get(part[:2], 0), -len(template[place:]) if part[:2] == "{m" else 0)
        for place, part in enumerate(template)
    ]


LITERALS = ["a", "b", "runs"]
templates = st.lists(
    st.builds(
        lambda head, many, tail: "/" + "/".join([*head, *many, *tail]),
        st.lists(st.sampled_from([*LITERALS, "{s}"]), max_size=3).map(
            lambda parts: [f"{{s{place}}}" if part == "{s}" else part for place, part in enumerate(parts)]
        ),
        st.sampled_from([[], ["{m}"]]),
        st.lists(st.sampled_from(LITERALS), max_size=2),
    ).filter(lambda path: path != "/"),
    max_size=6,
    unique=True,
)
paths = st.lists(st.sampled_from([*LITERALS, "x", ""]), min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts))


@given(templates, st.lists(paths, min_size=1, max_size=8))
def test_it_finds_what_a_naive_matcher_finds(found_templates: list[str], asked: list[str]) -> None:
    """The same template and the same values of its parameters, for any templates and paths."""
    router = Router([operation(path) for path in found_templates])

    for path in asked:
        expected = naive(found_templates, path)
        found = router.find(path)
        if expected is None:
            assert found is None
        else:
            assert found is not None
            assert (found.methods["GET"].path, found.params) == expected


MODELS = [
    operation("/v1/models"),
    operation("/v1/models/{model_id}"),
    operation("/v1/models/{model_id}/runs", "POST"),
    operation("/v1/models/{model_id}/batches", "POST"),
    operation("/v1/models/public"),
    operation("/v1/runs/{id}"),
    operation("/v1/runs/{id}/cancel", "POST"),
    operation("/v1/runs/stats"),
]


@pytest.mark.parametrize(
    ("path", "template", "params"),
    [
        ("/v1/models", "/v1/models", {}),
        ("/v1/models/public", "/v1/models/public", {}),
        ("/v1/models/a", "/v1/models/{model_id}", {"model_id": "a"}),
        ("/v1/models/a/b/c/d", "/v1/models/{model_id}", {"model_id": "a/b/c/d"}),
        ("/v1/models/a/b/c/runs", "/v1/models/{model_id}/runs", {"model_id": "a/b/c"}),
        ("/v1/models/runs/runs", "/v1/models/{model_id}/runs", {"model_id": "runs"}),
        ("/v1/models/runs", "/v1/models/{model_id}", {"model_id": "runs"}),
        ("/v1/models/a/runs/b", "/v1/models/{model_id}", {"model_id": "a/runs/b"}),
        ("/v1/runs/stats", "/v1/runs/stats", {}),
        ("/v1/runs/x", "/v1/runs/{id}", {"id": "x"}),
        ("/v1/runs/stats/cancel", "/v1/runs/{id}/cancel", {"id": "stats"}),
        ("/v1/runs/%2e", "/v1/runs/{id}", {"id": "%2e"}),
    ],
)
def test_literal_suffixes_bind_before_a_model_of_any_depth(path: str, template: str, params: dict[str, str]) -> None:
    """As Runflow's paths need it."""
    found = Router(MODELS).find(path)

    assert found is not None
    assert next(iter(found.methods.values())).path == template
    assert found.params == params


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/v1",
        "/v1/",
        "/v1/models/",
        "/v1/models//a",
        "/v1/models/a/",
        "//v1/models",
        "/v1/runs/",
        "/v1/runs//cancel",
        "*",
    ],
)
def test_an_empty_segment_is_no_value(path: str) -> None:
    """Slashes at the end or doubled lead nowhere, and nothing breaks."""
    assert Router(MODELS).find(path) is None


def test_all_methods_of_a_path_are_found_together() -> None:
    """So that the error for a wrong method can list the allowed ones."""
    router = Router([operation("/a/{id}", method) for method in ("GET", "DELETE")] + [operation("/a", "POST")])
    found = router.find("/a/1")

    assert found is not None
    assert sorted(found.methods) == ["DELETE", "GET"]


@pytest.mark.parametrize("order", list(product([False, True], repeat=2)))
def test_the_order_of_the_templates_does_not_matter(order: tuple[bool, bool]) -> None:
    """Neither of the list nor of the methods."""
    listed = MODELS[::-1] if order[0] else MODELS
    router = Router([*listed[4:], *listed[:4]] if order[1] else listed)

    assert router.find("/v1/models/public") is not None
    assert router.find("/v1/models/public").methods["GET"].path == "/v1/models/public"  # type: ignore[union-attr]


@pytest.mark.parametrize("one", CONTRACT.operations, ids=lambda one: str(one.id))
def test_every_operation_is_found_at_its_path(one: Operation) -> None:
    """With its parameters filled in."""
    values = {name: "a/b" if name in one.many else "a" for name in names(one.path)}
    path = one.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)

    found = CONTRACT.router.find(path)

    assert found is not None
    assert found.methods[one.method] is one
    assert found.params == values


def names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
