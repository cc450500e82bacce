"""What a page shows of a call: the example, the envelope, the result."""

from pathlib import Path

import pytest

from mockreel.authoring.runflow.model_pages import read_page, reading
from mockreel.authoring.runflow.page_call import envelope, example_body, result

NEWER = """\
curl -X POST https://api.acme.test/acme/models/lens/runs \\
  --data-binary @- <<'JSON'
{"input": {"prompt": "a lens"}, "callback_url": "https://you.example/hook"}
JSON

Output schema

FieldTypeDescription
outputsjsonOne entry for each file.
is_flaggedjsontrue if somebody minds.
"""
OLDER = """\
curl -X POST https://api.acme.test/acme/run/lens -d '{ "prompt": "a lens" }'
data = response.json()
print(data["video"]["url"])
console.log(data.video.url);
"""
TABLES = """\
## Request parameters

| Parameter | Type | Required |
| --- | --- | --- |
| `input` | object | required |

## Output schema

| Field | Type |
| --- | --- |
| `outputs` | json |
"""


@pytest.mark.parametrize(("text", "where"), [(NEWER, "/input"), (OLDER, ""), (TABLES, "/input"), ("no call", None)])
def test_the_envelope_is_the_place_of_the_input(text: str, where: str | None) -> None:
    """The example shows it, or the table of the request; a page that shows neither says nothing."""
    assert envelope(example_body(text), ["prompt"], text.splitlines()) == where


@pytest.mark.parametrize(
    ("text", "places"),
    [(NEWER, ("/outputs", "/is_flagged")), (OLDER, ("/video/url",)), (TABLES, ("/outputs",)), ("no call", ())],
)
def test_the_result_is_listed_or_read_by_the_samples(text: str, places: tuple[str, ...]) -> None:
    """The fields of the output table count; where there is none, what the sample programs read."""
    assert result(text.splitlines()) == places


def test_an_example_that_is_no_json_is_none() -> None:
    """A sample cut short says nothing."""
    assert example_body("-d '{\"prompt\": '") is None


def test_the_example_is_the_models_input_and_stays_out_of_the_schema(docs: Path) -> None:
    """The envelope is left out."""
    older = (
        (docs / "old.txt").read_text(encoding="utf-8").replace("/lens/wide ```", "/lens/wide -d '{\"prompt\": 1}' ```")
    )
    model = read_page(older, "old", "old", reading(["/acme/models/{model}/runs", "/acme/run/{model}"]))

    assert (model.envelope, model.example) == ("", {"prompt": 1})
