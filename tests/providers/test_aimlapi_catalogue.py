"""AI/ML API: the list of models, the lookup of one, and how fast they are."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from staging import Caller, MakeStage

from mockreel.contract.rows import Price, PriceRule
from mockreel.providers.aimlapi.resources.models import facts
from mockreel.simulator.simulator import Stage

Ask = Callable[..., Caller]
Run = Callable[[Awaitable[Any]], Any]

LITE = "veo-3.1-lite-generate-001"
BODY = {"model": LITE, "prompt": "A paper boat crosses a puddle at dusk"}


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """This provider alone."""
    return make_stage(names=["aimlapi"])


def ids(caller: Caller, query: str) -> list[str]:
    return [entry["id"] for entry in caller("GET", f"/v1/models?{query}", key=None).json["data"]]


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/api/v1/models"])
def test_the_list_has_every_model_and_needs_no_key(stage: Stage, ask: Ask, path: str) -> None:
    """By default each entry carries only its identity."""
    contract = stage.part("aimlapi").contract

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
def test_sections_are_attached_on_demand(stage: Stage, ask: Ask, query: str, sections: set[str]) -> None:
    """Unknown sections are ignored."""
    reply = ask("aimlapi")("GET", f"/v1/models?{query}").json

    assert all({"pricing", "modalities", "capabilities"} & set(entry) == sections for entry in reply["data"])
    assert stage.part("aimlapi").contract.schemas.validator("model-list.json").is_valid(reply)


@pytest.mark.parametrize(
    ("query", "kept"),
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
def test_filters_narrow_the_list(ask: Ask, query: str, kept: list[str]) -> None:
    """Several values of one parameter: either; several parameters: all."""
    assert ids(ask("aimlapi"), query) == kept


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

    assert (again.status, again.reply.body, again.headers["etag"]) == (304, b"", tag)
    assert other.status == 200


@pytest.mark.parametrize("name", [LITE, f"google/{LITE}", f"Google/{LITE.upper()}"])
def test_one_model_is_found_by_id_or_alias_in_any_case(stage: Stage, ask: Ask, name: str) -> None:
    """The id goes into the path with its slashes."""
    reply = ask("aimlapi")("GET", f"/model/{name}?include=pricing", key=None).json

    assert (reply["object"], reply["data"]["id"], reply["data"]["pricing"]) == ("model", LITE, None)
    assert stage.part("aimlapi").contract.schemas.validator("model-lookup.json").is_valid(reply)


@pytest.mark.parametrize(
    ("rules", "shown"),
    [
        ((), {"kind": "fixed", "units": [{"price": 0.39, "unit": "second", "per": 1}]}),
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
def test_a_known_price_is_shown_as_documented(stage: Stage, rules: tuple[PriceRule, ...], shown: Any) -> None:
    """No price of this family is known, so one is made up."""
    contract = stage.part("aimlapi").contract
    model = contract.models[LITE]
    price = Price("exact", "USD", "second", Decimal("0.39"), rules, model.price.evidence)

    assert facts(contract, replace(model, price=price))["pricing"] == shown


def test_metrics_tell_how_long_generations_took(stage: Stage, ask: Ask, run: Run) -> None:
    """Only models that completed one inside the window are listed."""
    caller = ask("aimlapi")
    for _ in range(3):
        caller("POST", "/v2/video/generations", BODY)
    caller(
        "POST", "/v2/video/generations", {**BODY, "model": "google/veo-3.1-t2v"}, headers={"Prefer": "scenario=fail"}
    )
    run(stage.advance(10))

    reply = caller("GET", "/models/metrics", key=None).json

    (model,) = reply["models"]
    spans = model["metrics"]["duration_ms"]
    assert (model["alias"], model["endpoint"]) == (LITE, "/v2/video/generations")
    assert 1800 <= spans["p50"] <= spans["p75"] <= spans["p99"] <= 3800
    assert stage.part("aimlapi").contract.schemas.validator("model-metrics.json").is_valid(reply)
    run(stage.advance(300))
    assert caller("GET", "/models/metrics").json["models"] == []


@pytest.mark.parametrize(("query", "found"), [(f"aliases=a&aliases=google/{LITE}", 1), (f"aliases=a,{LITE}", 0)])
def test_metrics_are_asked_for_by_repeating_the_name(stage: Stage, ask: Ask, run: Run, query: str, found: int) -> None:
    """Commas do not divide."""
    caller = ask("aimlapi")
    caller("POST", "/v2/video/generations", BODY)
    run(stage.advance(10))

    assert len(caller("GET", f"/models/metrics?{query}").json["models"]) == found


@pytest.mark.parametrize("query", ["alias=a", "&".join(f"aliases=m{number}" for number in range(101))])
def test_metrics_refuse_other_parameters_and_too_many(ask: Ask, query: str) -> None:
    """400 for both."""
    assert ask("aimlapi")("GET", f"/models/metrics?{query}").status == 400
