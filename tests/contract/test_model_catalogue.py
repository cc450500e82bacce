"""Every model of every provider can be submitted: what its schema accepts is accepted, what it rejects is rejected.

In process, on one simulator for all; a test checks every model of a provider and names all that fail. `jsonschema` is
the second opinion on each input.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from support.caller import START, Caller, CallerResponse
from support.documented import DocumentedResponses
from support.every import every
from support.instances import broken, valid

from mockreel._data import data_root
from mockreel.contract import Contract, Model, Operation, load_contract, providers
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.contract.messages.message import Response
from mockreel.contract.operations import resolve
from mockreel.engine.artifacts import artifact as artifacts
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Job
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts

PROVIDERS = providers()
LONG = 10.0  # seconds in which every job ends
# Where the two engines differ, by JSON Schema's word: jsonschema checks formats only on request.
DIFFERENCES = {"format"}
MAGIC: Mapping[str, tuple[bytes, ...]] = {
    "video": (b"ftyp",),
    "image": (b"\x89PNG", b"\xff\xd8\xff", b"RIFF"),
    "audio": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"RIFF"),
    "3d": (b"glTF",),
}
# How a job that was submitted at a path is polled at each provider: method, path and body.
Poll = Callable[[str, str], tuple[str, str, Any]]
POLLS: Mapping[str, Poll] = {
    "aimlapi": lambda id_, path: ("GET", f"{path}?generation_id={id_}", None),
    "runflow": lambda id_, path: ("GET", f"/v1/runs/{id_}", None),
    "runninghub": lambda id_, path: ("POST", "/openapi/v2/query", {"taskId": id_}),
}
FEW = settings(
    max_examples=5, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


@dataclass(frozen=True)
class Way:
    """One model at one operation that starts a job."""

    provider: str
    operation: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.operation}:{self.model}"


@cache
def contract_of(provider: str) -> Contract:
    return load_contract(provider)


@cache
def written(provider: str, file: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((data_root() / "schemas" / provider / file).read_bytes())
    return found


def ways() -> Iterator[Way]:
    """Every model at each operation that starts one job from its input, with a document for that model."""
    for provider in PROVIDERS:
        contract = contract_of(provider)
        for operation in contract.operations:
            alias = operation.route != f"{operation.method} {operation.path}"
            if operation.model is not None and operation.submits and not alias and not _many(contract, operation):
                models = {model.id: model for model in contract.names_at[operation.id].values()}
                yield from (Way(provider, operation.id, model) for model in models)


def _many(contract: Contract, operation: Operation) -> bool:
    """Whether the input is a list of inputs."""
    body = resolve(contract.document, operation.raw["requestBody"], where=operation.id)
    schema = next(iter(body["content"].values())).get("schema", {})
    found: Any = Requests(contract).samples.smallest(contract.schemas.absolute(schema))
    for step in operation.input.split("/")[1:]:
        found = found.get(step) if isinstance(found, dict) else None
    return isinstance(found, list)


@pytest.fixture(scope="module")
def scene() -> "Scene":
    return Scene(build_simulator(load_contracts(), clock=Clock(start=START, held=True), accept_any_key=True))


class Scene:
    """All providers on one simulator, and how a model's input is sent there."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.replies = {name: DocumentedResponses(provider.contract) for name, provider in simulator.providers.items()}

    def schema(self, way: Way) -> Mapping[str, Any]:
        """The input's schema as written; the engine may be looser, never stricter."""
        model = self.model(way)
        return written(way.provider, model.routes.get(self.operation(way).route, model.schema))

    def operation(self, way: Way) -> Operation:
        return self.simulator.provider(way.provider).contract.operation(way.operation)

    def model(self, way: Way) -> Model:
        return self.simulator.provider(way.provider).contract.models[way.model]

    def caller(self, way: Way) -> Caller:
        provider = self.simulator.provider(way.provider)
        return Caller(provider, provider.contract.example_key)

    def send(self, way: Way, fields: Any) -> CallerResponse:
        """Submit an input."""
        operation = self.operation(way)
        path, body = operation.path, fields
        assert operation.model is not None
        if operation.model.kind == "path":
            path = path.replace(f"{{{operation.model.name}}}", way.model)
        for step in reversed(operation.input.split("/")[1:]):
            body = {step: body}
        return self.answered(way, path, body)

    def answered(self, way: Way, path: str, body: Any) -> CallerResponse:
        """The response; the clock advances for one that waits for its job."""
        caller = self.caller(way)
        answer = caller.provider.answer(caller.request("POST", path, body))
        return CallerResponse(answer if isinstance(answer, Response) else asyncio.run(self._waited(answer)))

    async def _waited(self, answer: Awaitable[Response]) -> Response:
        waiting = asyncio.ensure_future(answer)
        await asyncio.sleep(0)
        await self.simulator.advance(LONG)
        return await waiting

    async def later(self) -> None:
        await self.simulator.advance(LONG)

    def error(self) -> str | None:
        """The row of errors.yaml that the newest exchange was answered with; None where it was accepted."""
        return list(self.simulator.journal)[-1].row

    def undocumented(self, way: Way, spoken: CallerResponse) -> list[str]:
        return self.replies[way.provider].wrong(self.operation(way), spoken.response)


WAYS = list(ways())


@pytest.fixture(params=PROVIDERS)
def its_ways(request: pytest.FixtureRequest) -> list[Way]:
    """Those of one provider."""
    return [way for way in WAYS if way.provider == request.param]


def defaults(scene: Scene, way: Way) -> dict[str, Any]:
    """What is required, in its simplest form, with every default that the model has."""
    schema = scene.schema(way)
    samples = Requests(scene.simulator.provider(way.provider).contract).samples
    fields: dict[str, Any] = samples.smallest(dict(schema))
    stated = {name: field["default"] for name, field in schema.get("properties", {}).items() if "default" in field}
    return {**fields, **stated, **_named(scene, way)}


def _named(scene: Scene, way: Way) -> dict[str, Any]:
    place = scene.operation(way).model
    return {place.name: way.model} if place is not None and place.kind == "body" else {}


def test_a_model_accepts_its_defaults_and_makes_a_real_file_of_its_kind(scene: Scene, its_ways: list[Way]) -> None:
    """Submitted with what is required and its defaults; all answers are documented, the result opens, the cost is known
    as far as the contract knows it."""
    every(its_ways, lambda way: assert_defaults_are_taken(scene, way))


def assert_defaults_are_taken(scene: Scene, way: Way) -> None:
    """From the submit to the file."""
    provider, fields = scene.simulator.provider(way.provider), defaults(scene, way)

    spoken = scene.send(way, fields)

    assert (scene.error(), scene.undocumented(way, spoken)) == (None, []), spoken.response.body
    job = list(provider.jobs)[-1]
    assert job.model is not None
    assert job.model.id == way.model
    asyncio.run(scene.later())
    assert job.state(provider.clock.now()).kind == "succeeded"
    assert_file(scene, way, artifacts.of_job(provider, job))
    assert_reported(scene, way, job)
    cost = artifacts.price_of(provider, job.model, fields)
    assert cost.certainty in (job.model.price.certainty, "unknown", "at least")
    assert (cost.amount is None) == (cost.certainty == "unknown")


def assert_file(scene: Scene, way: Way, artifact: artifacts.Artifact) -> None:
    """The file is served at its URL, and begins like its kind."""
    caller = scene.caller(way)
    served = caller("GET", artifact.url.removeprefix(caller.base_url), key=None)

    assert (served.status, artifact.kind) == (200, scene.model(way).output)
    assert served.headers["content-type"] == artifact.clip.mime
    if artifact.kind == "text":
        assert served.response.body.decode().strip()
    else:
        assert any(served.response.body[:16].find(magic) in (0, 4) for magic in MAGIC[artifact.kind])


def assert_reported(scene: Scene, way: Way, job: Job) -> None:
    """The response to a poll is a documented one, and has the file's address, or the text itself."""
    provider, caller = scene.simulator.provider(way.provider), scene.caller(way)
    method, path, body = POLLS[way.provider](job.id, scene.operation(way).path)
    polled = caller(method, path, body)
    found = provider.contract.router.find(path.partition("?")[0])

    assert found is not None
    assert scene.replies[way.provider].wrong(found.methods[method], polled.response) == []
    made = artifacts.of_job(provider, job)
    if made.kind == "text":
        (result,) = polled.json["results"]
        assert result == {"url": None, "outputType": "txt", "text": artifacts.text_of(made)}
    else:
        assert made.url.encode() in polled.response.body


def test_a_model_accepts_what_its_schema_accepts(scene: Scene, its_ways: list[Way]) -> None:
    """Inputs that fit the schema as it is written, in the opinion of both engines."""
    every(its_ways, lambda way: assert_what_fits_is_taken(scene, way))


def assert_what_fits_is_taken(scene: Scene, way: Way) -> None:
    """Some inputs that are drawn from the schema."""
    schema = scene.schema(way)
    opinion = jsonschema.Draft202012Validator(dict(schema))

    @FEW
    @given(valid(schema))
    def check(fields: dict[str, Any]) -> None:
        fields = {**fields, **_named(scene, way)}
        opinion.validate(fields)
        spoken = scene.send(way, fields)
        assert scene.error() is None, (fields, spoken.response.body)

    check()


def test_a_model_rejects_what_its_schema_rejects(scene: Scene, its_ways: list[Way]) -> None:
    """Each field spoilt in every way that its rules have, and a body that is no object."""
    every(its_ways, lambda way: assert_what_does_not_fit_is_refused(scene, way))


def assert_what_does_not_fit_is_refused(scene: Scene, way: Way) -> None:
    """One field at a time."""
    schema, good = scene.schema(way), defaults(scene, way)
    opinion = jsonschema.Draft202012Validator(dict(schema))

    for wrong in broken(schema, good, spare=next(iter(_named(scene, way)), None)):
        assert opinion.is_valid(wrong.instance) == (wrong.keyword in DIFFERENCES), wrong
        spoken = scene.send(way, wrong.instance)
        assert scene.error() == "invalid-body", (wrong, spoken.response.body)
        assert scene.undocumented(way, spoken) == []
        assert any(
            _blames(violation.path, wrong.field) for violation in list(scene.simulator.journal)[-1].violations
        ), wrong
    scene.send(way, ["no", "object"])
    assert scene.error() is not None


def _blames(path: tuple[str | int, ...], field: str | None) -> bool:
    return field is None or field in path


def test_all_that_the_docs_have_is_here() -> None:
    """The number of models of each provider, each accepted by some operation."""
    counts = {name: len(contract_of(name).models) for name in PROVIDERS}
    taken = {name: {way.model for way in WAYS if way.provider == name} for name in PROVIDERS}

    assert counts == {"aimlapi": 149, "runflow": 28, "runninghub": 396}
    assert all(taken[name] == set(contract_of(name).models) for name in PROVIDERS)


def test_every_kind_of_output_is_made_by_some_model() -> None:
    """Video, image, audio, 3D and text."""
    outputs = {model.output for name in PROVIDERS for model in contract_of(name).models.values()}

    assert outputs == {"video", "image", "audio", "3d", "text"}


def test_a_placeholder_is_no_price() -> None:
    """What a schema of AI/ML API shows where a charge belongs is stored as a placeholder, and makes no price."""
    shown = [model.price for model in contract_of("aimlapi").models.values() if model.price.placeholder]

    assert sum(price.placeholder.get("credits_used") == "120000" for price in shown) == 112
    assert {price.certainty for price in shown} == {"unknown"}


def test_a_price_written_by_hand_says_its_day_and_its_unit() -> None:
    """AI/ML API has no price list: each price was published on some day."""
    priced = [model.price for model in contract_of("aimlapi").models.values() if model.price.certainty != "unknown"]

    assert len(priced) == 30
    assert all(price.date and price.currency == "USD" and price.unit for price in priced)


@pytest.mark.parametrize(("option", "amount"), [("newer", "0.8"), ("older", "1.2")])
def test_a_price_that_two_pages_state_differently_is_a_reading(option: str, amount: str) -> None:
    """Eight seconds of Runflow's Veo 3.1 Fast, image to video."""
    simulator = build_simulator(
        load_contracts(["runflow"], readings={"fast-image-to-video-price": option}), accept_any_key=True
    )
    provider = simulator.provider("runflow")
    cost = artifacts.price_of(
        provider, provider.contract.models["google/veo3.1/fast/image-to-video"], {"duration": "8s"}
    )

    assert (cost.amount, cost.certainty) == (Decimal(amount), "at least")


@pytest.mark.parametrize(
    ("model", "fields", "amount"),
    [
        ("rhart-audio/text-to-audio/speech-2.6-hd", {"text": "x" * 2000}, "1.24"),
        ("alibaba/qwen-image-2.0/text-to-image", {"imageNum": "3"}, "0.39"),
        ("rhart-video-v3.1-lite-official/text-to-video", {"duration": "8", "resolution": "720p"}, "2.52"),
        ("kling-v2.6-std/motion-control", {}, None),
    ],
)
def test_a_price_counts_what_it_is_for(model: str, fields: dict[str, str], amount: str | None) -> None:
    """Characters, images, seconds; unknown where the length is that of a file which is never fetched."""
    provider = build_simulator(load_contracts(["runninghub"]), accept_any_key=True).provider("runninghub")
    cost = artifacts.price_of(provider, provider.contract.models[model], fields)

    assert cost.amount == (None if amount is None else Decimal(amount))
