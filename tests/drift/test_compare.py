"""Another version of the data, newer docs, two pages: what is reported, and as what."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockreel._data import data_root
from mockreel.authoring.documented_model import PageError
from mockreel.drift.comparison import data_drift, docs_drift, pages_drift
from mockreel.drift.finding import BREAKING, NOTHING, Finding

Drift = Callable[..., dict[str, Finding]]
CONTRACT, SCHEMAS = "contracts/encore", "schemas/encore"
MODEL = f"{SCHEMAS}/models/encore/solo.json"


def test_the_same_data_has_not_drifted(held: Path) -> None:
    """Compared with itself, nothing is found."""
    assert list(data_drift(held, held)) == []


def _set(place: str, value: Any) -> Callable[[Any], None]:
    """An edit: one value at a place, whose steps are separated by `|`; NOTHING removes it."""
    *steps, last = place.split("|")

    def change(document: Any) -> None:
        for step in steps:
            document = document[int(step) if isinstance(document, list) else step]
        if value is NOTHING:
            del document[last]
        else:
            document[last] = value

    return change


DOCUMENT = f"{CONTRACT}/openapi.yaml"
JOBS = "paths|/v1/jobs|get"
REQUESTS, RESPONSES = BREAKING
CHANGES = [
    (DOCUMENT, _set("paths|/v1/health", NOTHING), "encore/operations/get_health", REQUESTS),
    (DOCUMENT, _set(f"{JOBS}|operationId", "list_all"), "encore/operations/list_all", "compatible"),
    (
        DOCUMENT,
        _set(f"{JOBS}|parameters|0|required", True),
        "encore/operations/list_jobs/query/limit/required",
        REQUESTS,
    ),
    (
        DOCUMENT,
        _set(f"{JOBS}|parameters|0|schema|maximum", 20),
        "encore/requests/operations/list_jobs/query/limit/schema",
        REQUESTS,
    ),
    (
        DOCUMENT,
        _set(f"{JOBS}|responses|202", {"description": "later"}),
        "encore/operations/list_jobs/statuses/202",
        RESPONSES,
    ),
    (
        DOCUMENT,
        _set(f"{JOBS}|responses|409", {"description": "not now"}),
        "encore/operations/list_jobs/statuses/409",
        "compatible",
    ),
    (DOCUMENT, _set(f"{JOBS}|x-mockreel|admin", True), "encore/operations/list_jobs/admin", REQUESTS),
    (
        DOCUMENT,
        _set("x-mockreel|key", [{"in": "header", "name": "X-Key"}]),
        "encore/operations/list_jobs/key/query key",
        REQUESTS,
    ),
    (DOCUMENT, _set("paths|/v1/jobs|post|x-mockreel|input", "/job"), "encore/operations/create_job/input", REQUESTS),
    (DOCUMENT, _set("x-mockreel|refusal", {"status": ">=500"}), "encore/document/refusal/status", RESPONSES),
    (
        f"{CONTRACT}/lifecycle.yaml",
        _set("states|done|word", "finished"),
        "encore/lifecycle/states/done/word",
        RESPONSES,
    ),
    (
        f"{CONTRACT}/lifecycle.yaml",
        _set("states|paused", {"word": "paused", "kind": "pending", "evidence": "documented", "source": ["guide"]}),
        "encore/lifecycle/states/paused",
        RESPONSES,
    ),
    (
        f"{CONTRACT}/lifecycle.yaml",
        _set("transitions|0|evidence", "inferred"),
        "encore/lifecycle/transitions/pending/waiting -> working/evidence",
        "docs only",
    ),
    (f"{CONTRACT}/errors.yaml", _set("rows|no-key|status", 403), "encore/errors/rows/no-key/status", RESPONSES),
    (f"{CONTRACT}/errors.yaml", _set("rows|no-key|message", "Who?"), "encore/errors/rows/no-key/message", "docs only"),
    (
        f"{CONTRACT}/callbacks.yaml",
        _set("policy|callback|timeout", 0.2),
        "encore/callbacks/policy/callback/timeout",
        RESPONSES,
    ),
    (
        f"{CONTRACT}/callbacks.yaml",
        _set("policy|callback|timeout", 5),
        "encore/callbacks/policy/callback/timeout",
        "compatible",
    ),
    (
        f"{CONTRACT}/callbacks.yaml",
        _set("signature|algorithm", "hmac-sha512"),
        "encore/callbacks/signature/algorithm",
        RESPONSES,
    ),
    (f"{CONTRACT}/pricing.yaml", _set("models|encore/solo|amount", "0.06"), "encore/models/encore/solo/price", "price"),
    (f"{CONTRACT}/pricing.yaml", _set("currency", "USD"), "encore/pricing/currency", "price"),
    (f"{CONTRACT}/scenarios.yaml", _set("default", "fail"), "encore/scenarios/default", "docs only"),
    (MODEL, _set("properties|size|default", "1080p"), "encore/models/encore/solo/properties/size/default", REQUESTS),
    (MODEL, _set("properties|size|default", NOTHING), "encore/models/encore/solo/properties/size/default", "docs only"),
    (MODEL, _set("properties|prompt|maxLength", 3), "encore/models/encore/solo/properties/prompt", REQUESTS),
    (MODEL, _set("properties|mood", {"type": "string"}), "encore/models/encore/solo/properties/mood", "compatible"),
    (MODEL, _set("x-mockreel|output", "audio"), "encore/models/encore/solo/output", RESPONSES),
    (
        f"{SCHEMAS}/job.json",
        _set("properties|state|enum", ["waiting", "working", "done", "broken", "dropped", "lost"]),
        "encore/replies/job.json/properties/state",
        RESPONSES,
    ),
    (
        f"{SCHEMAS}/job.json",
        _set("properties|more", {"type": "string"}),
        "encore/replies/job.json/properties/more",
        "compatible",
    ),
    (
        f"{SCHEMAS}/error-bare.json",
        _set("properties|code", {"type": "integer"}),
        "encore/replies/error.json/schema",
        RESPONSES,
    ),
    (
        f"{SCHEMAS}/callback.json",
        _set("properties|event|enum", ["job.done"]),
        "encore/replies/callback.json/schema",
        "compatible",
    ),
]


@pytest.mark.parametrize(("file", "change", "id_", "verdict"), CHANGES, ids=[f"{row[2]}: {row[3]}" for row in CHANGES])
def test_each_change_is_found_and_judged(drift: Drift, file: str, change: Any, id_: str, verdict: str) -> None:
    """One thing changed in a copy of the data: it is reported under its id, with whom it breaks."""
    found = drift(file, change)

    assert id_ in found
    assert found[id_].verdict == verdict


def test_a_part_that_breaks_comes_with_a_request_that_proves_it(drift: Drift) -> None:
    """The old schema accepts the witness and the new one rejects it."""
    found = drift(MODEL, _set("properties|prompt|maxLength", 3))["encore/models/encore/solo/properties/prompt"]

    assert len(found.witness["prompt"]) > 3
    assert found.sources == ("guide",)


def test_two_pages_of_one_model_are_compared_as_one_model(pages: tuple[Path, Path]) -> None:
    """The endpoint moved, the input has an envelope, the result and the price changed, a default is not stated."""
    found = {finding.id.removeprefix("runflow/models/lens/wide/"): finding for finding in _pages(*pages)}

    assert {name: finding.verdict for name, finding in found.items()} == {
        "endpoint": "breaking for requests",
        "envelope": "breaking for requests",
        "result": "breaking for replies",
        "price": "price",
        "properties/size/default": "docs only",
        "runflow/docs/newer.txt/output": "compatible",
        "runflow/docs/newer.txt/parameters": "compatible",
    }
    assert found["endpoint"].before == ["POST /v1/run/lens/wide"]
    assert found["endpoint"].after == ["POST /v1/models/lens/wide/runs"]
    assert (found["envelope"].before, found["envelope"].after) == ("", "/input")
    assert set(found["envelope"].witness) == {"prompt", "first_frame"}
    assert (found["price"].before["amount"], found["price"].after["amount"]) == ("0.15", "0.1")
    assert (found["properties/size/default"].before, found["properties/size/default"].after) == ("720p", NOTHING)
    assert (found["result"].before, found["result"].after) == (["/video/url"], ["/outputs", "/seed"])


def test_an_input_is_compared_although_its_endpoint_moved(pages: tuple[Path, Path]) -> None:
    """A removed option is reported besides the new path."""
    older, newer = pages
    newer.write_text(newer.read_text("utf-8").replace("optional720p, 1080p", "optional720p"), encoding="utf-8")
    found = {finding.id: finding.verdict for finding in _pages(older, newer)}

    assert found["runflow/models/lens/wide/properties/size"] == "breaking for requests"


def test_the_older_seed_against_the_newer(real_docs: Path) -> None:
    """What happened to the model between the two pages that were captured."""
    older, newer = (next((real_docs / "seeds").glob(f"{number}_*")) for number in ("004", "001"))
    found = list(_pages(older, newer))
    model = "runflow/models/google/veo3.1/fast/image-to-video"

    assert {finding.id.removeprefix(model).split("/")[1] for finding in found if finding.id.startswith(model)} == {
        "endpoint", "envelope", "price", "properties", "result",
    }  # fmt: skip
    assert [f.before for f in found if f.id.endswith("/default")] == [False, "8s", True, "720p", "auto", "4"]
    price = next(finding for finding in found if finding.id == f"{model}/price")
    assert (price.before["amount"], price.after["amount"], price.after["unit"]) == ("0.15", "0.1", "second")


def _pages(older: Path, newer: Path) -> list[Finding]:
    return list(pages_drift(data_root(), "runflow", older, newer))


def test_what_is_held_follows_from_the_real_documents(real_docs: Path) -> None:
    """Docs that have not changed have not drifted."""
    assert list(docs_drift(data_root(), real_docs)) == []


def test_a_page_that_cannot_be_read_is_a_finding_and_the_others_are_compared(acme: Path, tmp_path: Path) -> None:
    """One page broken: it is named as unchecked, its model is not called gone, and the other is compared."""
    docs = tmp_path / "docs"
    (docs / "wide.txt").write_text("nothing here", encoding="utf-8")
    (docs / "long.txt").write_text(
        (docs / "long.txt").read_text(encoding="utf-8").replace("$0.1/", "$0.2/"), encoding="utf-8"
    )
    found = {finding.id: finding.verdict for finding in docs_drift(acme, docs)}

    assert found == {"acme/docs/wide.txt": "unchecked", "acme/models/lens/long/price": "price"}


def test_a_page_that_is_no_longer_served_may_be_missing(acme: Path, tmp_path: Path) -> None:
    """What only it stated is not reported as gone."""
    (tmp_path / "docs" / "older.txt").unlink()

    assert list(docs_drift(acme, tmp_path / "docs")) == []


def test_a_model_that_is_gone_breaks_and_a_new_one_does_not(acme: Path, tmp_path: Path) -> None:
    """Another id under the same page: the old model is gone, with a request that worked; the new one is there."""
    page = tmp_path / "docs" / "long.txt"
    page.write_text(page.read_text(encoding="utf-8").replace("lens/long", "lens/longer"), encoding="utf-8")
    found = {finding.id: finding for finding in docs_drift(acme, tmp_path / "docs")}

    assert found["acme/models/lens/long"].verdict == "breaking for requests"
    assert set(found["acme/models/lens/long"].witness) == {"prompt", "first_frame"}
    assert found["acme/models/lens/longer"].verdict == "compatible"


def test_a_requested_page_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """Two pages are compared or not at all."""
    page = tmp_path / "page.txt"
    page.write_text("nothing", encoding="utf-8")

    with pytest.raises(PageError, match=r"page\.txt: None is not an endpoint"):
        _pages(page, page)
