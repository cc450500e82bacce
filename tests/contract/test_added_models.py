"""Models of one's own: with a JSON Schema, as a copy, from a data folder, and any at all."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockreel import serving
from mockreel.cli import main
from mockreel.contract.added_models import NO_ADDITIONS, read_additions
from mockreel.errors import DataError, OptionError
from mockreel.simulator.simulator import build_simulator, load_contracts

Capture = pytest.CaptureFixture[str]
DANCE = {"type": "object", "required": ["style"], "properties": {"style": {"enum": ["tango", "waltz"]}}}
# By provider, a model to copy, an input that it takes, and how a job is submitted.
COPIES = [
    ("runflow", "google/veo3.1/lite", "/v1/models/acme/dance/runs", {"input": {"prompt": "a boat"}}),
    ("aimlapi", "google/veo-3.1-lite-t2v", "/v2/video/generations", {"model": "acme/dance", "prompt": "a boat"}),
    ("runninghub", "alibaba/happyhorse-1.0/text-to-video", "/openapi/v2/acme/dance", {"prompt": "a boat"}),
]


def submit(server: Any, provider: str, path: str, body: Any) -> Any:
    address = getattr(server, provider)
    return httpx.post(address.url + path, json=body, headers={"Authorization": f"Bearer {address.key}"})


def is_accepted(response: Any) -> bool:
    return response.status_code in (200, 201) and not response.json().get("errorCode")


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    file = tmp_path / "dance.json"
    file.write_text(json.dumps(DANCE))
    return file


def test_a_model_with_a_schema_accepts_valid_inputs_only(schema: Path) -> None:
    with serving("runflow", models=[f"runflow:acme/dance={schema}; output=image; price=0.05/request"]) as server:
        good = submit(server, "runflow", "/v1/models/acme/dance/runs", {"input": {"style": "tango"}})
        bad = submit(server, "runflow", "/v1/models/acme/dance/runs", {"input": {"style": "polka"}})
        assert (good.status_code, bad.status_code) == (201, 422)
        model = server.simulator.provider("runflow").contract.models["acme/dance"]
        assert (model.output, model.price.amount, model.price.unit) == ("image", Decimal("0.05"), "request")


@pytest.mark.parametrize(("provider", "like", "path", "body"), COPIES)
def test_a_copy_of_a_known_model_is_accepted_under_its_new_id(provider: str, like: str, path: str, body: Any) -> None:
    contract = load_contracts([provider])[provider]
    like = like if like in contract.models else next(m.id for m in contract.models.values() if m.output == "video")
    body = {**_sample(contract, like), **body} if provider != "runflow" else body
    with serving(provider, models=[{"provider": provider, "id": "acme/dance", "like": like}]) as server:
        assert is_accepted(submit(server, provider, path, body)), like


def test_a_copy_is_accepted_by_every_operation_that_accepts_its_original() -> None:
    """Also by the older routes, which accept models by the prefix of a name."""
    for provider, contract in load_contracts().items():
        chosen = {next(iter(names.values())).id for names in contract.names_at.values()}
        copies = [{"provider": provider, "id": f"acme/{id_}", "like": id_} for id_ in sorted(chosen)]
        added = load_contracts([provider], additions=read_additions(copies))[provider]
        for operation, names in contract.names_at.items():
            missing = [id_ for id_ in chosen if id_ in names and f"acme/{id_}" not in added.names_at[operation]]
            assert not missing, operation


@pytest.mark.parametrize("id_", ["acme/edit-[Deprecated]", "acme/two words", "acme/größe", "acme/100%", "acme/a#b"])
def test_an_id_may_have_characters_that_an_address_lacks(id_: str, schema: Path) -> None:
    for model in ({"like": "google/veo3.1/lite"}, {"schema": str(schema)}):
        added = load_contracts(["runflow"], additions=read_additions([{"provider": "runflow", "id": id_, **model}]))
        assert id_ in added["runflow"].models


@pytest.mark.parametrize("accepted", [False, True])
def test_an_unknown_workflow_is_run_if_unknown_models_are_accepted(accepted: bool) -> None:
    with serving("runflow", unknown_models="accept" if accepted else "refuse") as server:
        run = submit(server, "runflow", "/v1/comfyui-workflows/any/body/runs", {"input": {}})
        assert run.status_code == (201 if accepted else 404)
        assert any("any/body" in note for entry in server.journal for note in entry.notes) is accepted


def _sample(contract: Any, name: str) -> Any:
    """The required fields of a model's input."""
    schema = contract.schemas.patched_document(contract.models[name].schema)
    fields = schema["properties"]
    return {field: fields[field].get("enum", ["https://example.com/a.png"])[0] for field in schema.get("required", [])}


@pytest.mark.parametrize(("provider", "like", "path", "body"), COPIES)
def test_an_unknown_model_is_rejected_unless_accepted(provider: str, like: str, path: str, body: Any) -> None:
    with serving(provider) as server:
        assert not is_accepted(submit(server, provider, path, body))
    with serving(provider, unknown_models="accept") as server:
        assert is_accepted(submit(server, provider, path, body))


def test_an_accepted_unknown_model_is_named_in_the_log_and_the_job_ends() -> None:
    with serving("runflow", unknown_models="accept", held=True) as server:
        submit(server, "runflow", "/v1/models/no/body-knows/runs", {"input": {"anything": [1]}})
        assert any("no/body-knows" in note for entry in server.journal for note in entry.notes)
        server.advance(60)
        (job,) = server.simulator.provider("runflow").jobs
        assert job.state(server.simulator.clock.now()).kind == "succeeded"


def test_an_added_model_is_still_there_when_another_reading_is_chosen(schema: Path) -> None:
    with serving("runflow", models=[f"runflow:acme/dance={schema}"]) as server:
        body = {"provider": "runflow", "id": "cancel-spelling", "option": "cancelled"}
        assert httpx.post(f"{server.control.url}/_mockreel/readings", json=body).status_code == 200
        assert submit(server, "runflow", "/v1/models/acme/dance/runs", {"input": {"style": "waltz"}}).is_success


def test_models_add_writes_into_a_data_folder(tmp_path: Path, schema: Path, capsys: Capture) -> None:
    folder = tmp_path / "data"
    for text in (f"runflow:acme/dance={schema}", "runflow:acme/lite; like=google/veo3.1/lite"):
        with pytest.raises(SystemExit) as ended:
            main(["models", "add", text, "--data", str(folder)])
        assert ended.value.code == 0
    contract = load_contracts(["runflow"], data=folder)["runflow"]
    assert {"acme/dance", "acme/lite"} <= set(contract.models)
    with pytest.raises(SystemExit):
        main(["models", "acme/dance", "--data", str(folder)])
    assert "tango|waltz" in capsys.readouterr().out


def test_what_cannot_be_added_is_not_written(tmp_path: Path, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["models", "add", "runflow:acme/x; like=google/veo9", "--data", str(tmp_path)])
    assert ended.value.code == 2
    assert "google/veo3.1/lite" in capsys.readouterr().err
    assert not (tmp_path / "models.yaml").exists()


OWN = {"provider": "runflow", "id": "a/b"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("acme/dance", "added model"),
        ("runflow:acme/dance", "Give either a schema"),
        ("runflow:acme/dance; like=google/veo3.1/lite; colour=red", "colour"),
        ("runflow:google/veo3.1/lite; like=google/veo3.1/lite", "has a model of that name"),
        ("runflow:a/b; like=google/veo3.1/lite; price=3/parsec", "0.05/second"),
        ("runflow:a/b; like=google/veo3.1/lite; price=-1/request", "0.05/second"),
        ("runflow:a/b; like=google/veo3.1/lite; price=1e400/request", "0.05/second"),
        ("runflow:a/b; like=google/veo3.1/lite; output=banana", "video"),
        ("runflow:a/b; like=google/veo3.1/lite; seconds=soon", "a number above 0"),
        ("runflow:a/b; like=google/veo3.1/lite; seconds=0", "a number above 0"),
        ("nobody:a/b; like=google/veo3.1/lite", "runflow"),
        ({1: 2, "a": 3, None: 4}, "added model, field: 1 is not valid"),
        ({**OWN, "schema": True}, "schema of the added model a/b"),
        ({**OWN, "schema": []}, "schema of the added model a/b"),
        ({**OWN, "schema": None}, "schema of the added model a/b"),
    ],
)
def test_an_invalid_addition_says_why(given: Any, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        load_contracts(additions=read_additions([given]))


BROKEN = [
    ('{"type": "no-such-type"}', "/type: not usable"),
    ('{"properties": {"a/b": {"type": 5}}}', "/properties/a~1b/type: not usable"),
    ('{"properties": {"a": {"pattern": "("}}}', "/properties/a/pattern: not usable"),
    ('{"properties": {"a": {"$ref": "other.json"}}}', "/properties/a/$ref: not usable"),
    ('{"allOf": [{"$ref": "#/$defs/x"}]}', "/allOf/0/$ref: not usable"),
    ("[1]", ": its root is list"),
    ('{"type":', ": not readable as JSON"),
    ('{"type": "object",\n "title": "a",\n "type": "object"}', ": the key 'type' stands twice in one object, line 3"),
    ('{"properties": {"a": {},\n "\\u0061": {}}}', ": the key 'a' stands twice in one object, line 2"),
    ('{"properties": {"a{": {"x:": [{"b": 1,\n\n"b" : 2}]}}}', ": the key 'b' stands twice in one object, line 3"),
]


@pytest.mark.parametrize(("text", "says"), BROKEN)
def test_an_error_in_a_schema_names_its_file_and_the_place_in_it(tmp_path: Path, text: str, says: str) -> None:
    """The file as it was named, however it was given, and no path of mockreel's own."""
    file = tmp_path / "own.json"
    file.write_text(text)
    (tmp_path / "own.yaml").write_text("- {provider: runflow, id: a/b, schema: own.json}\n")

    for given in (f"runflow:a/b={file}", tmp_path / "own.yaml", {"provider": "runflow", "id": "a/b", "schema": file}):
        with pytest.raises(DataError) as refused:
            load_contracts(["runflow"], additions=read_additions([given]))
        assert str(refused.value).replace(f"{file} ", str(file)).startswith(f"{file}{says}")
        assert "mockreel.invalid" not in str(refused.value)
        assert "models/added" not in str(refused.value)


def test_an_error_in_a_schema_without_a_file_names_its_model() -> None:
    row = {"provider": "runflow", "id": "a/b", "schema": {"type": "no-such-type"}}
    with pytest.raises(DataError, match=r"schema of the added model a/b /type"):
        load_contracts(["runflow"], additions=read_additions([row]))


def test_keys_of_different_objects_may_be_alike(tmp_path: Path) -> None:
    """A text that looks like a key is none."""
    file = tmp_path / "own.json"
    file.write_text(
        '{"properties": {"a": {"title": "a"}, "b": {"title": "\\"a\\": {"}}, "allOf": [{}, {"title": "a"}]}'
    )

    assert read_additions([f"runflow:a/b={file}"]).models[0].schema == json.loads(file.read_text())


LENGTHS = [
    ({}, "", None),
    ({}, "; seconds=6", 6),
    ({"duration": {"type": "integer"}}, "", None),
    ({"duration": {"type": "integer", "default": 10}}, "", 10),
    ({"duration": {"type": "integer", "default": 10}}, "; seconds=6", 6),
]


@pytest.mark.parametrize(("fields", "more", "seconds"), LENGTHS)
@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_a_price_per_second_needs_the_seconds(
    tmp_path: Path, provider: str, fields: Any, more: str, seconds: int | None
) -> None:
    """They are required of the input, a default of it, or stated; nothing is assumed."""
    file = tmp_path / "own.json"
    file.write_text(json.dumps({"type": "object", "properties": fields}))
    additions = read_additions([f"{provider}:a/b={file}; price=0.05/second{more}"])
    if seconds is None:
        with pytest.raises(OptionError, match=r"seconds of a/b is missing.*seconds=5.*duration.*per request"):
            load_contracts([provider], additions=additions)
        return
    simulator = build_simulator(load_contracts([provider], additions=additions), keys=(), accept_any_key=True)
    ledger = simulator.provider(provider).ledger
    assert ledger.cost(simulator.provider(provider).contract.models["a/b"], {}).amount == Decimal("0.05") * seconds
    file.write_text(json.dumps({"type": "object", "properties": fields, "required": ["duration"]}))
    load_contracts([provider], additions=read_additions([f"{provider}:a/b={file}; price=0.05/second"]))


def test_no_description_of_a_model_has_an_empty_reason(tmp_path: Path, schema: Path, capsys: Capture) -> None:
    """An added model's price and evidence are its owner's, whether a price was stated or not."""
    for text in (f"runflow:a/b={schema}; price=0.05/request", f"runflow:a/c={schema}"):
        with pytest.raises(SystemExit):
            main(["models", "add", text, "--data", str(tmp_path / "data")])
    capsys.readouterr()
    for name, price in (("a/b", "0.05 USD/request (your own)"), ("a/c", "unknown (your own)")):
        with pytest.raises(SystemExit):
            main(["models", name, "--data", str(tmp_path / "data")])
        output = capsys.readouterr().out
        assert price in output
        assert "evidence     your own" in output
        assert "inferred" not in output


def test_a_file_lists_models_with_schemas_beside_it(tmp_path: Path, schema: Path) -> None:
    (tmp_path / "own.yaml").write_text("- {provider: runflow, id: acme/dance, schema: dance.json}\n")
    assert read_additions([tmp_path / "own.yaml"]).models[0].schema == DANCE


def test_nothing_is_added_by_default() -> None:
    assert read_additions() == NO_ADDITIONS


@pytest.mark.mockreel(models="runflow:acme/lite; like=google/veo3.1/lite", providers="runflow")
def test_a_test_adds_a_model_by_its_marker(mockreel: Any) -> None:
    assert submit(mockreel, "runflow", "/v1/models/acme/lite/runs", {"input": {"prompt": "a boat"}}).is_success
