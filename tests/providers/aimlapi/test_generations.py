"""AI/ML API: submit, poll, and the headers that trace both."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.caller import START, Caller, CallerResponse, MakeSimulator

from mockreel.simulator.simulator import Simulator

Ask = Callable[..., Caller]
Run = Callable[[Awaitable[Any]], Any]
Declared = tuple[str, str, int, str]

ROUTE = "/v2/video/generations"
BODY = {"model": "google/veo-3.1-lite-generate-001", "prompt": "A paper boat crosses a puddle at dusk"}
IMAGE = "https://example.com/first.png"
OLDER = "/v2/generate/video/{}/generation"


def poll(caller: Caller, id_: str, route: str = ROUTE) -> Any:
    return caller("GET", f"{route}?generation_id={id_}").json


def test_a_generation_passes_through_the_providers_states(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Queued, generating, completed with a video; every response matches its schema."""
    caller = ask("aimlapi")
    submitted = caller("POST", ROUTE, BODY)
    id_ = submitted.json["id"]
    assert submitted.status == 200
    assert submitted.json == {
        "id": id_,
        "status": "queued",
        "meta": {"usage": {"credits_used": 120000, "usd_spent": 0.06}},
    }

    assert poll(caller, id_) == {"id": id_, "status": "queued"}
    run(simulator.advance(1.0))
    assert poll(caller, id_) == {"id": id_, "status": "generating"}
    run(simulator.advance(3.0))
    done = poll(caller, id_)
    assert done["status"] == "completed"
    validator = simulator.provider("aimlapi").contract.schemas.validator("generation.json")
    assert all(validator.is_valid(reply) for reply in (submitted.json, done))


def test_the_video_of_a_completed_generation_can_be_fetched(simulator: Simulator, ask: Ask, run: Run) -> None:
    """The URL leads to the mock server itself and serves an MP4."""
    caller = ask("aimlapi")
    id_ = caller("POST", ROUTE, BODY).json["id"]
    run(simulator.advance(10))

    url = poll(caller, id_)["video"]["url"]

    clip = caller("GET", url.removeprefix(caller.base_url), key=None)
    assert (clip.status, clip.headers["content-type"], clip.response.body[4:8]) == (200, "video/mp4", b"ftyp")


KLING = OLDER.format("kling")


def test_an_older_route_checks_its_own_models_by_their_schemas_there(ask: Ask) -> None:
    """The older file of this model requires no prompt where the newer does, and lists ratios that the newer lacks."""
    caller = ask("aimlapi")
    body = {"model": "kling-video/v1.6/pro/image-to-video", "image_url": IMAGE}

    assert caller("POST", ROUTE, body).status == 200
    assert (caller("POST", KLING, body).status, caller("POST", KLING, {**body, "prompt": "x"}).status) == (400, 201)
    assert caller("POST", ROUTE, {**body, "prompt": "x", "ratio": "2:1"}).status == 200
    assert caller("POST", KLING, {**body, "prompt": "x", "ratio": "2:1"}).status == 400


def test_a_model_is_accepted_only_where_a_file_has_it(ask: Ask) -> None:
    """One model is on an older route alone, and one on the present alone."""
    caller = ask("aimlapi")
    older = {"model": "runway-gen3/turbo/image-to-video", "image_url": IMAGE, "last_image_url": IMAGE, "prompt": "x"}

    assert (caller("POST", KLING, older).status, caller("POST", ROUTE, older).status) == (201, 400)
    assert (caller("POST", KLING, BODY).status, caller("POST", ROUTE, BODY).status) == (400, 200)


@pytest.mark.parametrize("path", ["/v1/video/generations", "/video/generations"])
def test_an_alias_starts_a_generation_that_the_present_route_polls(ask: Ask, path: str) -> None:
    """No poll is described on the aliases, so there it is an unknown path."""
    caller = ask("aimlapi")
    id_ = caller("POST", path, BODY).json["id"]

    assert poll(caller, id_)["status"] == "queued"
    assert caller("GET", f"{path}?generation_id={id_}").status == 404


@pytest.mark.parametrize(
    "declared",
    [
        ("kling", "kling-video/v1/standard/text-to-video", 201, "id"),
        ("alibaba", "wan/v2.1/1.3b/text-to-video", 201, "id"),
        ("google", "google/veo3", 201, "id"),
        ("minimax", "video-01", 200, "generation_id"),
        ("runway", "gen3a_turbo", 200, "id"),
        ("luma-ai", "ray-2", 201, "id"),
        ("luma-ai", "luma/ray-2", 201, "id"),
        ("bytedance", "bytedance/seedance-1-0-pro-t2v", 201, "id"),
        ("pixverse", "pixverse/v5/text-to-video", 201, "id"),
        ("openai", "openai/sora-2-t2v", 201, "id"),
    ],
)
def test_an_older_route_answers_as_it_is_declared(simulator: Simulator, ask: Ask, run: Run, declared: Declared) -> None:
    """Its own status and key at submit, and a poll on the same path."""
    segment, model, status, key = declared
    caller, path = ask("aimlapi"), OLDER.format(segment)
    shown = {"image_url": IMAGE} if model == "gen3a_turbo" else {}
    submitted = caller("POST", path, {"model": model, "prompt": "A lighthouse in fog", **shown})
    assert submitted.status == status, submitted.json

    run(simulator.advance(10))

    assert poll(caller, submitted.json[key], path)["status"] == "completed"


VENDORS = {
    "kling": ("kling-video/", "klingai/"),
    "alibaba": ("alibaba/", "wan/"),
    "google": ("google/", "veo"),
    "minimax": ("minimax/", "video-01"),
    "runway": ("runway/", "gen3a"),
    "luma-ai": ("luma/",),
    "bytedance": ("bytedance/",),
    "pixverse": ("pixverse/",),
    "openai": ("openai/",),
}


@pytest.mark.parametrize("segment", VENDORS)
def test_an_older_route_accepts_every_model_of_its_vendor_and_lists_no_other(
    simulator: Simulator, ask: Ask, segment: str
) -> None:
    """48 pages say that a model can still be called there; the error for another vendor's lists the valid ones."""
    caller, path = ask("aimlapi"), OLDER.format(segment)
    names = simulator.provider("aimlapi").contract.names
    own = [name for name in names if name.startswith(VENDORS[segment])]
    other = "x-ai/grok-imagine-video"

    refused = [name for name in own if _is_unknown(caller("POST", path, {"model": name}))]
    issue = caller("POST", path, {"model": other, "prompt": "x"}).json["error"]["data"][0]

    assert own
    assert refused == []
    assert (issue["path"], issue["received"]) == (["model"], other)
    assert set(own) <= set(issue["options"])
    assert other not in issue["options"]


def test_a_printed_sample_of_the_older_google_route_is_played_as_printed(
    simulator: Simulator, ask: Ask, run: Run
) -> None:
    """Veo 3 with a prompt alone, polled there; the finished video says its type, its name and the size it has."""
    caller, path = ask("aimlapi"), OLDER.format("google")
    submitted = caller("POST", path, {"model": "google/veo3", "prompt": "A dragon above the mountain"})
    run(simulator.advance(10))

    video = poll(caller, submitted.json["id"], path)["video"]

    assert submitted.status == 201
    assert (video["content_type"], video["file_name"]) == ("video/mp4", "output.mp4")
    fetched = caller("GET", urlsplit(video["url"]).path)
    assert video["file_size"] == int(fetched.headers["content-length"]) > 1000


def test_a_played_error_does_not_offer_the_sent_value(ask: Ask) -> None:
    """The list of valid models is without the rejected one."""
    answer = ask("aimlapi")("POST", ROUTE, BODY, headers={"prefer": "scenario=refuse; code=unknown-model"}).json

    (issue,) = answer["error"]["data"]
    assert issue["received"] == BODY["model"]
    assert BODY["model"] not in issue["options"]
    assert len(issue["options"]) > 100


@pytest.mark.parametrize("kind", ["{own}zzz", "nope/zzz", "zzz"])
@pytest.mark.parametrize("segment", VENDORS)
def test_an_older_route_rejects_a_model_that_nobody_knows_unless_it_is_reported_to_accept(
    make_simulator: MakeSimulator, run: Run, segment: str, kind: str
) -> None:
    """Whether the name begins as the vendor's or as nobody's; one that is accepted is noted, and polled to its end."""
    model, path = kind.format(own=VENDORS[segment][0]), OLDER.format(segment)
    strict = make_simulator(names=["aimlapi"])
    refused = Caller(strict.provider("aimlapi"), "key")("POST", path, {"model": model, "prompt": "x"})
    assert _is_unknown(refused)
    assert refused.json["error"]["data"][0]["received"] == model
    assert not list(strict.provider("aimlapi").jobs)

    lax = make_simulator(names=["aimlapi"], unknown_models="accept")
    caller = Caller(lax.provider("aimlapi"), "key")
    submitted = caller("POST", path, {"model": model, "prompt": "x"})
    assert submitted.status in {200, 201}
    assert any(model in note for entry in lax.journal for note in entry.notes)
    run(lax.advance(10))
    assert poll(caller, submitted.json.get("id") or submitted.json["generation_id"], path)["status"] == "completed"


def _is_unknown(told: CallerResponse) -> bool:
    issues = told.json.get("error", {}).get("data", []) if told.status == 400 else []
    return any(issue["path"] == ["model"] for issue in issues)


@pytest.mark.parametrize("duration", ["inf", "nan", "-4", {"a": 1}, 1e300, None, True])
def test_a_model_with_any_input_survives_a_length_that_is_none(
    make_simulator: MakeSimulator, run: Run, duration: Any
) -> None:
    """The body of an unknown model is not checked; the clip is still there."""
    simulator = make_simulator(names=["aimlapi"], unknown_models="accept")
    caller, path = Caller(simulator.provider("aimlapi"), "key"), OLDER.format("kling")
    id_ = caller("POST", path, {"model": "kling", "prompt": "x", "duration": duration}).json["id"]
    run(simulator.advance(10))

    url = poll(caller, id_, path)["video"]["url"]

    assert caller("GET", url.removeprefix(caller.base_url)).status == 200


@pytest.mark.parametrize("code", [None, "timeout", "face_detection_error"])
def test_a_failed_generation_is_a_valid_response_with_an_error(
    simulator: Simulator, ask: Ask, run: Run, code: str | None
) -> None:
    """200, `status: error`, and the preferred failure by its key or its code."""
    caller = ask("aimlapi")
    wish = "scenario=fail" if code is None else f"scenario=fail; code={code}"
    id_ = caller("POST", ROUTE, BODY, headers={"Prefer": wish}).json["id"]
    run(simulator.advance(10))

    spoken = caller("GET", f"{ROUTE}?generation_id={id_}")

    failure = simulator.provider("aimlapi").templates.failure(code or "default")
    assert spoken.status == 200
    assert spoken.json == {"id": id_, "status": "error", "error": {"name": failure.code, "message": failure.message}}


def test_responses_carry_the_tracing_headers(ask: Ask) -> None:
    """Submit and poll share the inference's id; the caller's own id comes back; all are exposed."""
    caller = ask("aimlapi")
    own = {"X-Client-Request-Id": "order-8f21c4"}
    submitted = caller("POST", ROUTE, BODY, headers=own)
    id_ = submitted.json["id"]
    polled = caller("GET", f"{ROUTE}?generation_id={id_}", headers=own)

    for spoken in (submitted, polled):
        assert spoken.headers["x-inference-id"] == id_
        assert spoken.headers["x-client-request-id"] == "order-8f21c4"
        assert spoken.headers["x-aimlapi-credits-used"] == "120000"
        assert spoken.headers["x-aimlapi-usd-spent"] == "0.060000000"
        assert spoken.headers["access-control-expose-headers"].count(",") == 3


@pytest.mark.parametrize("own", ["", "a b", "ä", "x" * 129, "a\r"])
def test_a_malformed_client_id_is_dropped_in_silence(ask: Ask, own: str) -> None:
    """The request runs as it would without."""
    spoken = ask("aimlapi")("POST", ROUTE, BODY, headers={"X-Client-Request-Id": own})

    assert spoken.status == 200
    assert "x-client-request-id" not in spoken.headers


@pytest.mark.parametrize(("id_", "named"), [("V1StGXR8Z5jdHi6BmyT8k", True), ("nonsense", False), ("", False)])
def test_a_poll_names_an_inference_only_if_its_id_could_be_one(ask: Ask, id_: str, named: bool) -> None:
    """The error response of an unknown id has the header if the id looks like one of the provider's."""
    spoken = ask("aimlapi")("GET", f"{ROUTE}?generation_id={id_}")

    assert spoken.status == 404
    assert ("x-inference-id" in spoken.headers) is named


def test_another_account_cannot_see_a_generation(ask: Ask) -> None:
    """A foreign id and an unknown id get the same error."""
    id_ = ask("aimlapi", "one")("POST", ROUTE, BODY).json["id"]

    foreign = ask("aimlapi", "two")("GET", f"{ROUTE}?generation_id={id_}").json
    unknown = ask("aimlapi", "two")("GET", f"{ROUTE}?generation_id=V1StGXR8Z5jdHi6BmyT8k").json

    assert {**foreign, "instance": ""} == {**unknown, "instance": ""}


def test_the_vendors_sample_is_accepted_unchanged(ask: Ask) -> None:
    """Its duration is a text, and it has a field that the schema lacks."""
    sample = {**BODY, "duration": "8", "tail_image_url": IMAGE}

    assert ask("aimlapi")("POST", ROUTE, sample).status == 200


def test_the_same_calls_give_the_same_bytes(make_simulator: MakeSimulator) -> None:
    """Under a paused clock with a fixed start, ids and bodies follow from seed and calls alone."""

    def play(seed: int) -> list[bytes]:
        caller = Caller(make_simulator(names=["aimlapi"], seed=seed).provider("aimlapi"), "key")
        return [caller("POST", ROUTE, body).response.body for body in (BODY, {}, BODY)]

    assert play(1) == play(1)
    assert play(1) != play(2)


def test_the_documented_pace_is_about_a_minute(make_simulator: MakeSimulator) -> None:
    """The page says a generation takes about one."""
    provider = make_simulator(names=["aimlapi"], pace="documented").provider("aimlapi")
    caller = Caller(provider, "key")
    job = provider.jobs.get(caller("POST", ROUTE, BODY).json["id"])

    assert job is not None
    assert job.ends is not None
    assert 50 <= job.ends - START <= 70
