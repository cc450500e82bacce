"""AI/ML API: the list of models, the lookup of one, and how fast they are."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from support.caller import Caller, MakeSimulator

from mockreel.contract.pricing import cost
from mockreel.contract.rows import Price, PriceRule
from mockreel.providers.aimlapi.resources.models import facts
from mockreel.simulator.simulator import Simulator

Ask = Callable[..., Caller]
Run = Callable[[Awaitable[Any]], Any]

LITE = "veo-3.1-lite-generate-001"
BODY = {"model": LITE, "prompt": "A paper boat crosses a puddle at dusk"}


def ids(caller: Caller, query: str) -> list[str]:
    return [entry["id"] for entry in caller("GET", f"/v1/models?{query}", key=None).json["data"]]


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/api/v1/models"])
def test_the_list_has_every_model_and_needs_no_key(simulator: Simulator, ask: Ask, path: str) -> None:
    """By default each entry carries only its identity."""
    contract = simulator.provider("aimlapi").contract

    reply = ask("aimlapi")("GET", path, key=None).json

    assert {entry["id"] for entry in reply["data"]} == set(contract.models)
    assert all(not {"pricing", "modalities", "capabilities"} & set(entry) for entry in reply["data"])
    assert contract.schemas.validator("model-list.json").is_valid(reply)


@pytest.mark.parametrize(
    ("query", "sections"),
    [
        ("include=pricing", {"pricing"}),
        ("include=Pricing,modalities", {"pricing", "modalities"}),
        ("include=pricing&include=capabilities", {"pricing", "capabilities"}),
        ("include=all", {"pricing", "modalities", "capabilities"}),
        ("details=true", {"pricing", "modalities", "capabilities"}),
        ("include=nonsense", set()),
    ],
)
def test_sections_are_attached_on_demand(simulator: Simulator, ask: Ask, query: str, sections: set[str]) -> None:
    """Unknown sections are ignored."""
    reply = ask("aimlapi")("GET", f"/v1/models?{query}").json

    assert all({"pricing", "modalities", "capabilities"} & set(entry) == sections for entry in reply["data"])
    assert simulator.provider("aimlapi").contract.schemas.validator("model-list.json").is_valid(reply)


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        (f"id=google/{LITE}", [LITE]),
        (f"id={LITE.upper()}", [LITE]),
        ("id=none", []),
        ("capabilities=video_to_video&id=google/veo3-1-extend-video", ["google/veo3-1-extend-video"]),
        (
            "input_modalities=video&capabilities=audio_generation&id=google/veo3-1-extend-video,google/veo-3.1-t2v",
            ["google/veo3-1-extend-video"],
        ),
        ("output_modalities=audio", []),
        ("type=chat-completion", []),
    ],
)
def test_filters_narrow_the_list(ask: Ask, query: str, stored: list[str]) -> None:
    """Several values of one parameter: either; several parameters: all."""
    assert ids(ask("aimlapi"), query) == stored


def test_several_values_may_be_joined_or_repeated(ask: Ask) -> None:
    """Both forms merge."""
    caller = ask("aimlapi")

    assert ids(caller, f"id={LITE},google/veo-3.1-t2v") == ids(caller, f"id={LITE}&id=google/veo-3.1-t2v")
    assert len(ids(caller, f"id={LITE},google/veo-3.1-t2v")) == 2


def test_a_list_that_is_known_is_not_sent_again(ask: Ask) -> None:
    """304 with an empty body; another query has another tag."""
    caller = ask("aimlapi")
    tag = caller("GET", "/v1/models").headers["etag"]

    again = caller("GET", "/v1/models", headers={"If-None-Match": f'"other", {tag}'})
    other = caller("GET", "/v1/models?include=all", headers={"If-None-Match": tag})

    assert (again.status, again.response.body, again.headers["etag"]) == (304, b"", tag)
    assert other.status == 200


@pytest.mark.parametrize("name", [LITE, f"google/{LITE}", f"Google/{LITE.upper()}"])
def test_one_model_is_found_by_id_or_alias_in_any_case(simulator: Simulator, ask: Ask, name: str) -> None:
    """The id goes into the path with its slashes."""
    reply = ask("aimlapi")("GET", f"/model/{name}?include=pricing", key=None).json

    assert (reply["object"], reply["data"]["id"], reply["data"]["pricing"]) == ("model", LITE, None)
    assert simulator.provider("aimlapi").contract.schemas.validator("model-lookup.json").is_valid(reply)


@pytest.mark.parametrize(
    ("rules", "shown"),
    [
        ((), {"kind": "fixed", "units": [{"name": "second", "measure": "output", "price": 0.39, "per": 1}]}),
        (
            (PriceRule({"resolution": "1080p"}, Decimal("0.65"), "exact"),),
            {
                "kind": "variants",
                "dimensions": ["resolution"],
                "variants": [{"when": {"resolution": "1080p"}, "price": 0.65, "unit": "second", "per": 1}],
            },
        ),
    ],
)
def test_a_known_price_is_shown_as_documented(simulator: Simulator, rules: tuple[PriceRule, ...], shown: Any) -> None:
    """No price of this family is known, so one is made up."""
    contract = simulator.provider("aimlapi").contract
    model = contract.models[LITE]
    price = Price("exact", "USD", "second", Decimal("0.39"), rules, model.price.evidence)

    assert facts(contract, replace(model, price=price))["pricing"] == shown


def test_metrics_have_the_durations_of_generations(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Only models that completed one inside the window are listed."""
    caller = ask("aimlapi")
    for _ in range(3):
        caller("POST", "/v2/video/generations", BODY)
    caller(
        "POST", "/v2/video/generations", {**BODY, "model": "google/veo-3.1-t2v"}, headers={"Prefer": "scenario=fail"}
    )
    run(simulator.advance(10))

    reply = caller("GET", "/models/metrics", key=None).json

    (model,) = reply["models"]
    spans = model["metrics"]["duration_ms"]
    assert (model["alias"], model["endpoint"]) == (LITE, "/v2/video/generations")
    assert 1800 <= spans["p50"] <= spans["p75"] <= spans["p99"] <= 3800
    assert simulator.provider("aimlapi").contract.schemas.validator("model-metrics.json").is_valid(reply)
    run(simulator.advance(300))
    assert caller("GET", "/models/metrics").json["models"] == []


@pytest.mark.parametrize(("query", "found"), [(f"aliases=a&aliases=google/{LITE}", 1), (f"aliases=a,{LITE}", 0)])
def test_metrics_are_selected_by_repeating_the_name(
    simulator: Simulator, ask: Ask, run: Run, query: str, found: int
) -> None:
    """Commas do not divide."""
    caller = ask("aimlapi")
    caller("POST", "/v2/video/generations", BODY)
    run(simulator.advance(10))

    assert len(caller("GET", f"/models/metrics?{query}").json["models"]) == found


@pytest.mark.parametrize("query", ["alias=a", "&".join(f"aliases=m{number}" for number in range(101))])
def test_metrics_reject_other_parameters_and_too_many(ask: Ask, query: str) -> None:
    """400 for both."""
    assert ask("aimlapi")("GET", f"/models/metrics?{query}").status == 400


PREFIXES = ("/v1/models", "/models", "/api/v1/models")
FEEDS = [f"{prefix}/{word}" for prefix in PREFIXES for word in ("deprecations", "deprecated")]


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("", 2),
        ("status=withdrawn", 1),
        ("status=Superseded,withdrawn", 2),
        ("status=nonsense", 2),
        ("since=2026-08-01", 1),
        ("since=yesterday", 2),
        ("status=superseded&since=2026-08-01", 0),
    ],
)
def test_the_feed_of_retirements_fails_open(ask: Ask, path: str, query: str, stored: int) -> None:
    """Six paths, no key; a filter that says nothing known keeps everything."""
    reply = ask("aimlapi")("GET", f"{path}?{query}", key=None)

    assert len(reply.json["data"]) == stored
    assert reply.headers["cache-control"] == "public, max-age=300"


def test_the_feeds_tag_moves_only_with_its_entries(simulator: Simulator, ask: Ask, run: Run) -> None:
    """The moment at which it was made is not part of it."""
    caller = ask("aimlapi")
    first = caller("GET", "/v1/models/deprecations", key=None)
    run(simulator.advance(60))
    again = caller("GET", "/v1/models/deprecations", headers={"if-none-match": first.headers["etag"]}, key=None)

    assert caller("GET", "/v1/models/deprecations", key=None).json["generated_at"] != first.json["generated_at"]
    assert (again.status, again.response.body) == (304, b"")


def test_a_withdrawn_model_is_not_found_and_a_superseded_one_is_no_video_model(ask: Ask) -> None:
    """A request for what was withdrawn returns 404, by its id and by its alias."""
    requested = ["openai/gpt-5.3-chat", "gpt-5.3-chat", "aura-2-zeus-en"]
    caller = ask("aimlapi")

    assert [caller("POST", "/v2/video/generations", {**BODY, "model": name}).status for name in requested] == [
        404,
        404,
        400,
    ]


def test_an_entry_of_early_2026_names_the_routes_that_take_the_model(make_simulator: MakeSimulator) -> None:
    """The older one first, as a stored entry has it."""
    simulator = make_simulator(names=["aimlapi"], readings={"model-list": "early-2026"})
    listed = Caller(simulator.provider("aimlapi"), "key")("GET", "/models?id=veo2/image-to-video").json["data"][0]

    assert (listed["type"], listed["features"]) == ("video", [])
    assert listed["endpoints"] == ["/v2/generate/video/google/generation", "/v2/video/generations"]
    assert set(listed["info"]) == {"name", "description", "developer", "url", "docs_url"}


@pytest.mark.parametrize(
    ("body", "credits_used", "usd"),
    [
        ({"model": "alibaba/wan-2-7-t2v", "prompt": "x", "resolution": "1080p", "duration": 10}, 3_900_000, 1.95),
        (
            {"model": "alibaba/wan-2-6-i2v", "prompt": "x", "image_url": "https://e.test/a.png", "duration": 5},
            1_575_000,
            0.7875,
        ),
        ({"model": "pixverse/v5/text-to-video", "prompt": "x", "resolution": "1080p", "duration": 5}, 840_000, 0.42),
        ({"model": "google/veo-3.0-fast", "prompt": "x", "duration": 4, "generate_audio": False}, 1_040_000, 0.52),
        ({"model": "ltxv/ltxv-2-fast", "prompt": "x", "duration": 6}, 504_000, 0.252),
    ],
)
def test_a_printed_charge_is_charged(ask: Ask, body: Any, credits_used: int, usd: float) -> None:
    """What the page's own run was charged, in credits and dollars."""
    assert ask("aimlapi")("POST", "/v2/video/generations", body).json["meta"]["usage"] == {
        "credits_used": credits_used,
        "usd_spent": usd,
    }


def test_a_price_is_exact_where_it_was_seen_and_at_least_where_it_is_reckoned(simulator: Simulator) -> None:
    """A spending limit blocks inexact prices unless an assumed price is set."""
    contract = simulator.provider("aimlapi").contract
    model = contract.models["alibaba/wan-2-7-t2v"]
    seen = {seconds: cost(model, {"resolution": "1080p", "duration": seconds}, seconds=seconds) for seconds in (5, 10)}

    assert [(one.certainty, one.amount) for one in seen.values()] == [
        ("at least", Decimal("0.975")),
        ("exact", Decimal("1.950")),
    ]
    assert cost(model, {"resolution": "720p", "duration": 10}, seconds=10).amount is None
