"""`mockreel models`: lists, searches, describes."""

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.caller import FOURTH

from mockreel.cli import group, main
from mockreel.contract import load_contract, providers


def models(*arguments: str) -> Result:
    """What the command prints."""
    return CliRunner().invoke(group, ["models", *arguments], catch_exceptions=False)


def as_json(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(models("--json", *arguments).output)
    return found


def test_without_words_every_model_is_listed() -> None:
    """One row for each, and how many there are."""
    rows = as_json()

    assert len(rows) == sum(len(load_contract(name).models) for name in providers())
    assert models().output.splitlines()[-1].startswith(f"{len(rows)} models (runflow ")


def test_a_search_looks_at_ids_and_titles_of_a_provider() -> None:
    """RunningHub's own ids do not say Veo; the name that its docs give them does."""
    rows = as_json("veo", "--provider", "runninghub")

    assert len(rows) == 19
    assert all("veo" in row["title"] and row["provider"] == "runninghub" for row in rows)


def test_the_word_that_its_help_shows_may_be_written() -> None:
    """`models list nano` is `models nano`."""
    assert models("list", "nano").output == models("nano").output


def test_every_word_must_be_there() -> None:
    """In any case, and in any order."""
    assert [row["id"] for row in as_json("EDIT", "nano", "--provider", "runflow")] == [
        "google/nano-banana-2/edit",
        "google/nano-banana-pro/edit",
    ]


@pytest.mark.parametrize(("kind", "count"), [("3d", 16), ("audio", 20), ("text", 48)])
def test_a_kind_of_output_may_be_requested(kind: str, count: int) -> None:
    assert len(as_json("--output", kind)) == count


def test_a_whole_id_is_described() -> None:
    """Fields with bounds and defaults, the required ones first; the price, its source, and every correction."""
    (row,) = as_json("google/veo-3.1-lite-generate-001")
    fields = {field["name"]: field for field in row["fields"]}

    assert (row["provider"], row["id"]) == ("aimlapi", "veo-3.1-lite-generate-001")
    assert [field["required"] for field in row["fields"]][:3] == [True, True, False]
    assert fields["duration"] == {
        "name": "duration",
        "type": "integer",
        "required": False,
        "default": 8,
        "options": [4, 6, 8],
    }
    assert row["price"]["placeholder"] == {"credits_used": "120000", "usd_spent": "0.06"}
    assert [source["id"] for source in row["source"]] == ["lite-001", "S002"]
    assert {"at": "/properties/duration/default", "was": "8", "now": 8, "why": "cast to the declared type"} in (
        row["corrections"]
    )


def test_a_description_can_be_read() -> None:
    """The same for a person."""
    text = models("rhart-video-v3.1-lite-official/image-to-video").output

    for line in (
        "also called  google/veo3.1-lite/image-to-video-official-stable",
        "price        0.315 to 0.504 CNY/second (documented: prices, as of 2026-04-29)",
        "resolution=720p: 0.315 (exact)",
        "as of        2026-08-01",
        "registry  ComfyUI_RH_OpenAPI, developer-kit/model-registry.public.json",
        "POST /openapi/v2/rhart-video-v3.1-lite-official/image-to-video",
    ):
        assert line in text
    assert any(line.split()[:3] == ["prompt", "string", "yes"] for line in text.splitlines())


def test_a_list_says_how_old_it_is() -> None:
    """By provider: two models of RunningHub are only in the older list that its vendor published."""
    ages = dict(line.split(": ", 1) for line in models().output.splitlines() if " as of " in line)

    assert set(ages) == set(providers())
    assert ages["runninghub"].endswith(", 2 as of 2026-04-29")


def test_a_price_that_states_its_day_shows_it() -> None:
    """Not the day of the page that it is on."""
    (row,) = as_json("alibaba/wan-2-7-t2v")

    assert row["price"]["dated"] == load_contract("aimlapi").models["alibaba/wan-2-7-t2v"].price.date != ""


def test_an_older_route_with_another_input_is_described_too() -> None:
    (row,) = as_json("veo2")

    assert [route["endpoint"] for route in row["routes"]] == ["POST /v2/generate/video/google/generation"]
    assert "At POST /v2/generate/video/google/generation:" in models("veo2").output


def test_a_model_without_documented_input_says_so() -> None:
    assert "no input is documented; any is accepted" in models("openai/gpt-image-1.5").output


def test_a_reading_changes_the_responses() -> None:
    (row,) = as_json("google/veo3.1/fast/image-to-video", "--reading", "fast-image-to-video-price=older")

    assert row["price"]["amount"] == "0.15"


def test_further_data_may_be_looked_at() -> None:
    """The made-up provider's models are found as the others are."""
    rows = as_json("encore", "--data", str(FOURTH))

    assert {row["provider"] for row in rows} == {"encore"}


@pytest.mark.parametrize("provider", [[], *(["--provider", name] for name in ("runflow", "aimlapi", "runninghub"))])
def test_a_message_counts_the_models_that_a_list_counts(
    provider: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Not their other names."""
    with pytest.raises(SystemExit):
        main(["models", "list", *provider])
    listed = capsys.readouterr().out.splitlines()[-1]
    with pytest.raises(SystemExit):
        main(["models", "list", *provider, "nothing-like-it"])
    number = re.search(r"Nearest of (\d+):", capsys.readouterr().err)

    assert number is not None
    assert listed.startswith(f"{number[1]} models ")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["ve02"], "'ve02' is not valid. Nearest of "),
        (["--output", "film"], "output: 'film' is not valid. Valid: 3d, audio, image, text, video."),
        (["--provider", "nobody"], "provider: 'nobody' is not valid."),
    ],
)
def test_what_is_not_there_is_reported_with_what_is(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(["models", *arguments])

    assert ended.value.code == 2
    assert text in capsys.readouterr().err
