"""Two lists of a provider's models, each in a form of its own: what came, what went, what changed."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from mockreel._data import data_root
from mockreel.drift.comparison import pages_drift
from mockreel.drift.finding import Finding

PROMPT = {"type": "STRING", "required": True}
DOCS = Path(__file__).parents[2] / "docs" / "maintain" / "drift.md"


def _older(*models: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    params = {name: [{"fieldKey": key, **row} for key, row in fields.items()] for name, fields in models}
    rows = [{"endpoint": name, "name_en": name, "output_type": "video", "params": params[name]} for name in params]
    return {"version": "public-2026-04-29", "models": rows}


def _newer(*models: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    params = {name: [{"key": key, **row} for key, row in fields.items()] for name, fields in models}
    rows = [{"endpoint": name, "name_en": name, "output_type": "video", "params": params[name]} for name in params]
    return {"version": "2026-08-01", "total": len(rows), "endpoints": rows}


def _compared(folder: Path, older: dict[str, Any], newer: dict[str, Any]) -> dict[str, Finding]:
    paths = folder / "older.json", folder / "newer.json"
    for path, content in zip(paths, (older, newer), strict=True):
        path.write_text(json.dumps(content), encoding="utf-8")
    return {finding.id: finding for finding in pages_drift(data_root(), "runninghub", *paths)}


def test_what_was_added_and_removed_is_named(tmp_path: Path) -> None:
    """Both ways round: the form of a list says nothing of its age."""
    one, other = ("lens/wide", {"prompt": PROMPT}), ("lens/long", {"prompt": PROMPT})

    for older, newer in ((_older(one), _newer(other)), (_newer(one), _older(other))):
        found = _compared(tmp_path, older, newer)
        assert {id_: finding.verdict for id_, finding in found.items()} == {
            "runninghub/models/lens/wide": "breaking for requests",
            "runninghub/models/lens/long": "compatible",
        }


def test_a_field_that_has_to_be_given_now_breaks_with_a_request_that_shows_it(tmp_path: Path) -> None:
    seconds = {"type": "INT", "min": 5, "max": 10}
    before = _older(("lens/wide", {"prompt": PROMPT, "duration": {**seconds, "required": False}}))
    after = _newer(("lens/wide", {"prompt": PROMPT, "duration": {**seconds, "required": True}}))
    (finding,) = _compared(tmp_path, before, after).values()

    assert (finding.id, finding.verdict) == (
        "runninghub/models/lens/wide/properties/duration",
        "breaking for requests",
    )
    assert "duration" not in finding.witness


def test_the_same_models_in_another_form_have_not_drifted(tmp_path: Path) -> None:
    models = ("lens/wide", {"prompt": PROMPT, "size": {"type": "LIST", "required": True}})
    older, newer = _older(models), _newer(models)
    older["models"][0]["params"][1]["options"] = [{"value": "720p"}, {"value": "1080p"}]
    newer["endpoints"][0]["params"][1]["options"] = ["720p", "1080p"]

    assert _compared(tmp_path, older, newer) == {}


def test_what_the_docs_show_of_the_real_lists_is_what_is_found(real_docs: Path) -> None:
    """Each row of the table in docs/maintain/drift.md, and no other."""
    lists = (real_docs / "runninghub" / name for name in ("model-registry.public.json", "catalogue-2026-08-01.json"))
    found = Counter((one.verdict, one.says) for one in pages_drift(data_root(), "runninghub", *lists))
    shown = re.findall(r"^\| (\d+) \| `([^`]+)` \| ([^|]+) \| ", DOCS.read_text("utf-8"), re.MULTILINE)

    assert {(verdict, says): int(count) for count, verdict, says in shown} == found
