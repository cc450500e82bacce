"""The data, whole: evidence everywhere, every reference, every reading, every row; for each provider there is."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import schemathesis
from support.caller import FOURTH

import mockreel
from mockreel._data import data_root
from mockreel.contract import Contract, load_contract, providers
from mockreel.contract.data.data_files import merge_patch, read_document, read_list
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.readings import Reading, changes
from mockreel.engine.scenarios.preferences import Preference, refusal
from mockreel.simulator.compiled_contract import find_adapter
from mockreel.simulator.simulator import build_simulator

ROOTS: dict[str, Path] = {**dict.fromkeys(providers(), data_root()), "encore": FOURTH}
NAMES = sorted(ROOTS)
KINDS = {"documented", "published", "client", "inferred"}

# Every contradiction that the fact sheets number.
CONTRADICTIONS = {
    "runflow": {*(f"C{number}" for number in range(1, 27)), "C8b"},
    "aimlapi": {str(number) for number in range(1, 16)},
    "runninghub": {str(number) for number in range(1, 17)},
    "encore": {"1", "2", "3", "4"},
}

# The tables of a contract, each row of which is a fact.
TABLES = {
    "errors": ["rows", "failures"],
    "lifecycle": ["states"],
    "callbacks": ["events", "policy"],
    "scenarios": ["jobs", "requests", "pace_evidence"],
    "pricing": ["models", "units"],
}

# Rows that the engine itself plays, with each provider's words.
ENGINES_ROWS = {
    "no-key",
    "wrong-key",
    "forbidden",
    "unknown-path",
    "wrong-method",
    "unknown-model",
    "unknown-job",
    "malformed-json",
    "wrong-content-type",
    "body-too-large",
    "invalid-body",
    "invalid-query",
    "insufficient-credit",
    "rate-limited",
    "unavailable",
    "internal-error",
}

provider = pytest.mark.parametrize("name", NAMES)


# Nothing here changes what it reads, so it is read once.
document_at = cache(read_document)


def contract_of(name: str, **readings: str) -> Contract:
    return load_contract(name, root=ROOTS[name], readings=readings) if readings else default_contract(name)


@cache
def default_contract(name: str) -> Contract:
    return load_contract(name, root=ROOTS[name])


def written(name: str) -> list[Path]:
    """What people wrote about a provider, and the schemas."""
    folder = ROOTS[name] / "contracts" / name
    yaml = [path for path in folder.rglob("*.yaml") if path.name != "NOT.yaml"]
    return sorted([*yaml, *(ROOTS[name] / "schemas" / name).rglob("*.json")])


def facts(node: Any, where: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping with evidence, and its place."""
    if isinstance(node, Mapping):
        if "evidence" in node and isinstance(node["evidence"], str):
            yield where, node
        for key, value in node.items():
            yield from facts(value, f"{where}/{key}")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from facts(item, f"{where}/{index}")


@provider
def test_every_fact_says_why_it_is_believed(name: str) -> None:
    """One of four sorts of evidence, and at least one source that the table of sources has."""
    known = set(document_at(ROOTS[name] / "schemas" / name / "sources.yaml")["sources"])
    wrong = [
        f"{path.relative_to(ROOTS[name])} {where}"
        for path in written(name)
        for where, row in facts(document_at(path))
        if row["evidence"] not in KINDS or not row.get("source") or not set(row["source"]) <= known
    ]

    assert wrong == []


@provider
def test_every_row_of_every_table_is_a_fact(name: str) -> None:
    """None is there without its evidence; every pace, transition, schema and reading's option included."""
    folder = ROOTS[name] / "contracts" / name
    documents = {file: document_at(folder / f"{file}.yaml") for file in TABLES}
    rows = {f"{file} {key}": documents[file].get(key, {}) for file, keys in TABLES.items() for key in keys}
    rows["wire"] = document_at(folder / "openapi.yaml")["x-mockreel"].get("wire", {})
    rows["transitions"] = dict(enumerate(documents["lifecycle"]["transitions"]))
    rows["schemas"] = {
        str(path.relative_to(ROOTS[name])): document_at(path).get("x-mockreel", {})
        for path in (ROOTS[name] / "schemas" / name).rglob("*.json")
    }
    without = [f"{table} {key}" for table, found in rows.items() for key, row in found.items() if "evidence" not in row]

    assert without == []
    assert set(documents["scenarios"]["pace"]) == set(documents["scenarios"]["pace_evidence"])


@provider
def test_every_source_is_used(name: str) -> None:
    """A source that no fact has is a leftover, and so is a source without a kind or a title."""
    sources = document_at(ROOTS[name] / "schemas" / name / "sources.yaml")["sources"]
    built = [ROOTS[name] / "contracts" / name / "models.json"]
    named = {id_ for path in [*written(name), *built] for id_ in _sources_named(document_at(path))}

    assert sorted(set(sources) - named) == []
    assert {key for key, row in sources.items() if row.get("kind") not in KINDS or not row.get("title")} == set()


def _sources_named(node: Any) -> Iterator[str]:
    """Every source that anything in a document names, a fact or not."""
    if isinstance(node, Mapping):
        source = node.get("source")
        yield from source if isinstance(source, list) else ()
        for value in node.values():
            yield from _sources_named(value)
    elif isinstance(node, list):
        for item in node:
            yield from _sources_named(item)


@provider
def test_every_schema_is_one_to_both_engines_and_all_its_references_resolve(name: str) -> None:
    """By the meta-schema of 2020-12, and offline."""
    contract = contract_of(name)
    folder = ROOTS[name] / "schemas" / name
    for path in sorted(folder.rglob("*.json")):
        document = document_at(path)
        file = path.relative_to(folder).as_posix()
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema", file
        assert document["$id"] == f"https://mockreel.invalid/schemas/{name}/{file}"
        jsonschema_rs.meta.validate(document)
        if not file.startswith("models/"):  # these the tests of the build give to the second engine
            jsonschema.Draft202012Validator.check_schema(document)
        contract.schemas.validator(file)


@provider
@pytest.mark.parametrize("file", ["openapi.json", "operations.json"])
def test_the_document_is_openapi(name: str, file: str) -> None:
    """3.1, as another tool reads it."""
    path = ROOTS[name] / "contracts" / name / file
    document = schemathesis.openapi.from_path(path)

    document.validate()
    assert document_at(path)["openapi"].startswith("3.1")


def test_another_tool_would_find_a_mistake_in_a_document() -> None:
    """The test above is not an empty one."""
    document = {**document_at(FOURTH / "contracts/encore/operations.json"), "paths": {"/a": {"get": {"responses": 5}}}}

    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(document).validate()


def options() -> list[Any]:
    """Every option of every reading of every provider."""
    return [
        pytest.param(name, reading, option, id=f"{name}:{reading.id}={option}")
        for name in NAMES
        for reading in contract_of(name).readings.values()
        for option in reading.options
    ]


@pytest.mark.parametrize(("name", "reading", "option"), options())
def test_every_option_of_a_reading_can_be_used_and_changes_what_it_says(
    name: str, reading: Reading, option: str
) -> None:
    """The default changes nothing; every other option changes the document or a file, and can be used."""
    own = reading.options[option]
    contract = contract_of(name, **{reading.id: option})
    find_adapter(contract)

    if option == reading.default:
        assert (own.overlay, own.patch) == ((), {})
        return
    changed = [path for path, patch in own.patch.items() if _changes(name, path, patch)]
    assert changed == list(own.patch)
    assert bool(own.overlay) == (contract.document != contract_of(name).document)
    assert own.overlay or own.patch


def _changes(name: str, path: str, patch: Any) -> bool:
    before = document_at(ROOTS[name] / path)
    return bool(merge_patch(before, patch) != before)


@provider
def test_every_reading_has_a_choice(name: str) -> None:
    """Two options or more, each with its own statement."""
    for reading in contract_of(name).readings.values():
        output = [option.says for option in reading.options.values()]
        assert len(output) > 1, reading.id
        assert len(set(output)) == len(output), reading.id
        assert "?" in reading.question, reading.id


@provider
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_all_other_readings_can_be_played_together(name: str, turn: int) -> None:
    """None but the default everywhere: the n-th other option of each, or its last."""
    readings = contract_of(name).readings
    others = {id_: [option for option in one.options if option != one.default] for id_, one in readings.items()}
    chosen = {id_: found[min(turn, len(found)) - 1] for id_, found in others.items()}

    contract = contract_of(name, **chosen)

    simulator = build_simulator({name: contract})
    assert simulator.provider(name).contract.chosen == chosen
    for file in (ROOTS[name] / "schemas" / name).glob("*.json"):
        contract.schemas.validator(file.name)
    assert list(changes(readings, chosen).overlay) == [
        action for id_ in sorted(chosen) for action in readings[id_].options[chosen[id_]].overlay
    ]


@provider
def test_every_contradiction_is_in_one_place(name: str) -> None:
    """In one reading, or among those that are none, with the reason."""
    nots = read_list(ROOTS[name] / "contracts" / name / "readings" / "NOT.yaml")
    numbers = [number for reading in contract_of(name).readings.values() for number in reading.numbers]
    numbers += [str(row["number"]) for row in nots]

    assert sorted(numbers) == sorted(CONTRADICTIONS[name])
    assert all(row["why"] for row in nots)


@provider
def test_every_operation_has_a_handler_and_every_handler_an_operation(name: str) -> None:
    """And every operation is found at its own path."""
    contract = contract_of(name)
    ids = [operation.id for operation in contract.operations]

    assert sorted(find_adapter(contract).handlers) == sorted(ids)
    assert len(set(ids)) == len(ids)
    for operation in contract.operations:
        found = contract.router.find(operation.path.replace("{", "").replace("}", ""))
        assert found is not None, operation.path
        assert found.methods.get(operation.method) is operation


@provider
def test_a_name_means_one_model(name: str) -> None:
    """No alias is another model's id or alias."""
    models = contract_of(name).models.values()
    names = [one for model in models for one in (model.id, *model.aliases)]

    assert len(names) == len(set(names))


@provider
def test_scenarios_go_by_the_lifecycle(name: str) -> None:
    """From its beginning, by declared transitions, in each state as long as every pace says."""
    contract = contract_of(name)
    states = contract.lifecycle.states
    for scenario in contract.scenarios.jobs.values():
        where = f"{name} {scenario.name}"
        assert set(pairwise(scenario.states)) <= contract.lifecycle.transitions, where
        assert all(states[state].kind == "pending" for state in scenario.states[:-1]), where
        assert (scenario.failure is not None) == (states[scenario.states[-1]].kind == "failed"), where
        assert scenario.failure is None or scenario.failure in contract.failures, where
        for pace in contract.scenarios.paces.values():
            assert set(scenario.states[:-1]) <= set(pace), where
    assert contract.scenarios.default in contract.scenarios.jobs


@provider
def test_states_and_their_words_are_all_in_use(name: str) -> None:
    """Every state is reached; every final one sends a callback if the provider has any."""
    contract = contract_of(name)
    states = contract.lifecycle.states
    reached = {contract.lifecycle.initial.name, *(end for _, end in contract.lifecycle.transitions)}

    assert reached == set(states)
    assert not any(states[start].terminal for start, _ in contract.lifecycle.transitions)
    reported = [state for event in contract.callbacks.events.values() for state in event.on]
    assert set(reported) <= {state.name for state in states.values() if state.terminal}
    assert len(reported) == len(set(reported))


@provider
def test_callbacks_have_what_they_need(name: str) -> None:
    """A policy and a payload where there are events; none where there are none."""
    callbacks = contract_of(name).callbacks

    assert bool(callbacks.events) == bool(callbacks.policies)
    if callbacks.events:
        assert callbacks.payload is not None
        assert contract_of(name).schemas.validator(callbacks.payload)


@provider
def test_every_named_error_has_a_definition(name: str) -> None:
    """The engine's, the operations', the scenarios', and those that the package names."""
    contract = contract_of(name)
    rows = set(contract.errors)
    own = {id_ for one in contract.operations for id_ in one.raw["x-mockreel"].get("refusals", [])}
    package = Path(str(__import__(contract.package, fromlist=["x"]).__file__)).parent

    assert sorted(ENGINES_ROWS - rows) == []
    assert sorted(own - rows) == []
    assert sorted(_rows_named(package) - rows) == []
    assert {one.row for one in contract.scenarios.requests.values()} <= {*rows, "by-code"}
    assert {"insufficient-credit", "rate-limited", "unavailable", "refuse"} <= set(contract.scenarios.requests)
    assert "default" in contract.failures


def test_the_engine_names_only_rows_that_every_provider_has() -> None:
    """Its errors are in the list above."""
    engine = list(Path(mockreel.__file__).parent.glob("*.py"))

    assert {row for path in engine for row in _named_in(path)} <= ENGINES_ROWS


def _rows_named(package: Path) -> set[str]:
    return {row for path in package.rglob("*.py") for row in _named_in(path)}


def _named_in(path: Path) -> set[str]:
    """The rows that a file names in `ErrorResponse("…")` and `row="…"`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    firsts = [call.args[0] for call in calls if ast.unparse(call.func) == ErrorResponse.__name__ and call.args]
    keywords = [word.value for call in calls for word in call.keywords if word.arg == "row"]
    return {one.value for one in [*firsts, *keywords] if isinstance(one, ast.Constant) and isinstance(one.value, str)}


@provider
def test_every_row_can_be_had_by_its_name(name: str) -> None:
    """`scenario=refuse; code=NAME` returns it, whatever its code is."""
    contract = contract_of(name)

    for row in contract.errors.values():
        assert refusal(contract, Preference("refuse", row.name)) is row
        if row.code is not None:
            found = refusal(contract, Preference("refuse", str(row.code)))
            assert found is not None
            assert str(found.code) == str(row.code) or found.name == str(row.code)
