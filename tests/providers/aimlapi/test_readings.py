"""AI/ML API: every reading of its contradictions can be used, and shows on the wire."""

from collections.abc import Awaitable, Callable
from itertools import chain
from typing import Any

import pytest
from support.caller import Caller, MakeSimulator

from mockreel._data import data_root
from mockreel.contract import load_contract
from mockreel.contract.data.data_files import read_list
from mockreel.simulator.simulator import Simulator

Run = Callable[[Awaitable[Any]], Any]

ROUTE = "/v2/video/generations"
BARE = "veo-3.1-lite-generate-001"
BODY = {"model": f"google/{BARE}", "prompt": "A paper boat crosses a puddle at dusk"}
OLDER = {"model": "kling-video/v1/standard/text-to-video", "prompt": "x"}
OPTIONS = [(reading.id, option) for reading in load_contract("aimlapi").readings.values() for option in reading.options]
Play = Callable[[str, str], "tuple[Simulator, Caller]"]


@pytest.fixture
def play(make_simulator: MakeSimulator) -> Play:
    """A simulator with one reading chosen, and a caller of it."""

    def make(reading: str, option: str) -> tuple[Simulator, Caller]:
        simulator = make_simulator(names=["aimlapi"], readings={f"aimlapi:{reading}": option})
        return simulator, Caller(simulator.provider("aimlapi"), "key")

    return make


def id_of(body: Any) -> Any:
    return body.get("id") or body["generation_id"]


def generate(simulator: Simulator, caller: Caller, run: Run, wish: str = "succeed") -> tuple[Any, Any, Any]:
    """Submit, a poll under way, and the last poll."""
    submitted = caller("POST", ROUTE, {**BODY, "model": _model(simulator)}, headers={"Prefer": f"scenario={wish}"}).json
    run(simulator.advance(1))
    under_way = caller("GET", f"{ROUTE}?generation_id={id_of(submitted)}").json
    run(simulator.advance(9))
    return submitted, under_way, caller("GET", f"{ROUTE}?generation_id={id_of(submitted)}").json


def _model(simulator: Simulator) -> str:
    contract = simulator.provider("aimlapi").contract
    schema = contract.schemas.document(contract.models[BARE].schema)
    return str(schema["properties"]["model"]["enum"][0])


@pytest.mark.parametrize(("reading", "option"), OPTIONS)
@pytest.mark.parametrize("wish", ["succeed", "fail"])
def test_every_option_plays_a_generation_that_fits_its_schemas(
    play: Play, run: Run, reading: str, option: str, wish: str
) -> None:
    """The schemas are patched along with the wire."""
    simulator, caller = play(reading, option)
    validator = simulator.provider("aimlapi").contract.schemas.validator("generation.json")

    for reply in generate(simulator, caller, run, wish):
        assert [error.message for error in validator.iter_errors(reply)] == []


def test_every_numbered_contradiction_is_a_reading_or_says_why_not() -> None:
    """Each of the fifteen, in exactly one place."""
    readings = load_contract("aimlapi").readings.values()
    listed = read_list(data_root() / "contracts/aimlapi/readings/NOT.yaml")
    numbers = [*chain.from_iterable(reading.numbers for reading in readings), *(row["number"] for row in listed)]

    assert sorted(numbers, key=int) == [str(number) for number in range(1, 16)]
    assert all(row["why"] for row in listed)


@pytest.mark.parametrize(("option", "taken"), [("both", {0, 1}), ("bare", {0}), ("prefixed", {1})])
def test_model_id(play: Play, option: str, taken: set[int]) -> None:
    """With `google/`, without, or both."""
    _, caller = play("model-id", option)
    names = [BARE, f"google/{BARE}"]

    assert {n for n in (0, 1) if caller("POST", ROUTE, {**BODY, "model": names[n]}).status == 200} == taken


@pytest.mark.parametrize(("option", "status"), [("exact", 400), ("any", 200)])
def test_resolution_case(play: Play, option: str, status: int) -> None:
    """Each model's other case."""
    _, caller = play("resolution-case", option)

    assert caller("POST", ROUTE, {**BODY, "resolution": "720p"}).status == status
    assert caller("POST", ROUTE, {**BODY, "model": "google/veo-3.1-t2v", "resolution": "720P"}).status == status


@pytest.mark.parametrize(("option", "status"), [("on", 200), ("off", 400)])
def test_lenient_numbers(play: Play, option: str, status: int) -> None:
    """A text where the schema has an integer."""
    assert play("lenient-numbers", option)[1]("POST", ROUTE, {**BODY, "duration": "4"}).status == status


@pytest.mark.parametrize(("option", "status"), [("ignored", 200), ("rejected", 400)])
def test_extra_fields(play: Play, option: str, status: int) -> None:
    """The error response names the field."""
    spoken = play("extra-fields", option)[1]("POST", ROUTE, {**BODY, "tail_image_url": "https://example.com/a.png"})

    assert spoken.status == status
    if status == 400:
        (issue,) = spoken.json["error"]["data"]
        assert (issue["code"], issue["keys"]) == ("unrecognized_keys", ["tail_image_url"])


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("closed", ["queued", "generating", "completed", "error"]),
        ("succeeded", ["queued", "generating", "succeeded", "error"]),
        ("complete", ["queued", "generating", "complete", "error"]),
        ("failed", ["queued", "generating", "completed", "failed"]),
        ("waiting", ["waiting", "active", "completed", "error"]),
    ],
)
def test_status_words(play: Play, run: Run, option: str, words: list[str]) -> None:
    """The four words of the lifecycle."""
    simulator, caller = play("status-words", option)
    good, bad = generate(simulator, caller, run), generate(simulator, caller, run, "fail")

    assert [*(reply["status"] for reply in good), bad[2]["status"]] == words


@pytest.mark.parametrize(
    ("option", "statuses"),
    [
        ("as-declared", [201, 201, 200, 200]),
        ("google-200", [201, 200, 200, 200]),
        ("always-200", [200, 200, 200, 200]),
        ("older-201", [201, 201, 201, 200]),
    ],
)
def test_submit_status(play: Play, option: str, statuses: list[int]) -> None:
    """Of kling, google, runway, and the present route."""
    _, caller = play("submit-status", option)
    paths = [*(f"/v2/generate/video/{vendor}/generation" for vendor in ("kling", "google", "runway")), ROUTE]

    shown = {"model": "gen3a_turbo", "prompt": "x", "image_url": "https://example.com/a.png"}
    bodies = [OLDER, {"model": "google/veo3", "prompt": "x"}, shown, BODY]
    assert [caller("POST", path, body).status for path, body in zip(paths, bodies, strict=True)] == statuses


@pytest.mark.parametrize(
    ("option", "keys"),
    [
        ("by-route", [{"id"}, {"generation_id"}]),
        ("id", [{"id"}, {"id"}]),
        ("generation_id", [{"generation_id"}, {"generation_id"}]),
        ("both", [{"id", "generation_id"}, {"id", "generation_id"}]),
    ],
)
def test_id_key(play: Play, option: str, keys: list[set[str]]) -> None:
    """Of the present route and the older minimax route."""
    _, caller = play("id-key", option)
    requested = [(ROUTE, BODY), ("/v2/generate/video/minimax/generation", {"model": "video-01", "prompt": "x"})]

    assert [{"id", "generation_id"} & set(caller("POST", path, body).json) for path, body in requested] == keys


@pytest.mark.parametrize(
    ("option", "at_submit", "at_poll"),
    [
        ("submit-only", {"credits_used", "usd_spent"}, None),
        ("as-declared", {"credits_used", "usd_spent"}, {"credits_used"}),
        ("everywhere", {"credits_used", "usd_spent"}, {"credits_used", "usd_spent"}),
        ("credits", {"credits_used"}, {"credits_used"}),
        ("credits-once", {"credits_used"}, None),
        ("tokens", {"tokens_used"}, None),
        ("none", None, None),
    ],
)
def test_usage_keys(play: Play, run: Run, option: str, at_submit: set[str] | None, at_poll: set[str] | None) -> None:
    """The keys of `meta.usage`, and their place."""
    simulator, caller = play("usage-keys", option)
    submitted, _, done = generate(simulator, caller, run)

    assert [set(reply["meta"]["usage"]) if "meta" in reply else None for reply in (submitted, done)] == [
        at_submit,
        at_poll,
    ]


@pytest.mark.parametrize(("option", "keys"), [("named", {"name", "message"}), ("detail", {"detail"})])
def test_error_field(play: Play, run: Run, option: str, keys: set[str]) -> None:
    """What a failed generation says of itself."""
    assert set(generate(*play("error-field", option), run, "fail")[2]["error"]) == keys


@pytest.mark.parametrize(("option", "at"), [("object", ["url"]), ("objects", [0, "url"]), ("urls", [0])])
def test_video_shape(play: Play, run: Run, option: str, at: list[Any]) -> None:
    """Where the URL is found."""
    found = generate(*play("video-shape", option), run)[2]["video"]
    for step in at:
        found = found[step]

    assert found.endswith(".mp4")


@pytest.mark.parametrize(
    ("option", "keys", "message"),
    [
        ("b", "title status message instance timestamp error", "Invalid payload provided"),
        ("b-request-id", "title status message instance timestamp requestId error", "Invalid payload provided"),
        ("b-validation-failed", "title status message instance timestamp error", "Validation failed"),
        ("a", "requestId statusCode timestamp path message", "Body validation error!\nRequired"),
        ("a-documented", "message path requestId statusCode timestamp", "Body validation error!\nRequired"),
        ("c", "title status message", "Invalid payload provided"),
    ],
)
def test_error_envelope(play: Play, option: str, keys: str, message: str) -> None:
    """The order of keys, and the message for a rejected body."""
    simulator, caller = play("error-envelope", option)

    refused = caller("POST", ROUTE, {"model": BODY["model"]}).json

    assert (list(refused), refused["message"]) == (keys.split(), message)
    contract = simulator.provider("aimlapi").contract
    file = contract.document["components"]["schemas"]["Error"]["$ref"].rpartition("/")[2]
    assert contract.schemas.validator(file).is_valid(refused)


@pytest.mark.parametrize(
    ("option", "length"), [("nanoid", 21), ("uuid", 36), ("uuid-model", 37 + len(BARE)), ("digits", 19)]
)
def test_id_format(play: Play, option: str, length: int) -> None:
    """However it looks, it can be polled as it is, and traced."""
    _, caller = play("id-format", option)
    submitted = caller("POST", ROUTE, BODY)

    assert len(submitted.json["id"]) == length
    assert (
        caller("GET", f"{ROUTE}?generation_id={submitted.json['id']}").headers["x-inference-id"] == submitted.json["id"]
    )


@pytest.mark.parametrize(
    ("option", "statuses"),
    [("vendor", [201, 201, 400, 400]), ("any", [201, 201, 201, 400]), ("refused", [201, 400, 400, 400])],
)
def test_older_route_models(play: Play, option: str, statuses: list[int]) -> None:
    """On kling's: one with a file there, another of its vendor, one of another vendor, a name that nobody has."""
    caller = play("older-route-models", option)[1]
    names = [
        "kling-video/v1/standard/text-to-video",
        "klingai/v2.1-master-text-to-video",
        "google/veo3",
        "kling-video/v0/text-to-video",
    ]
    requested = [{"model": name, "prompt": "x"} for name in names]

    assert [caller("POST", "/v2/generate/video/kling/generation", body).status for body in requested] == statuses
