"""Evaluations of images: begun, read until they have ended, and what a client says of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.errors import unknown
from mockreel.providers.runflow.state import Evaluation, own_shelf, state_of
from mockreel.providers.runflow.timestamps import written
from mockreel.simulator.context import Call


def create_evaluation(call: Call) -> Reply:
    """Begin an evaluation."""
    row = call.part.contract.wire["evaluation"]
    number = call.part.count("evaluation")
    id_ = uuid7(call.now, call.part.draw("evaluation", number))
    evaluation = Evaluation(id_, number, orjson.dumps(call.body), call.now)
    own_shelf(call).evaluations[id_] = evaluation
    asked = call.body
    return json_reply(
        202,
        {
            "id": id_,
            "status_code": row["states"][0]["word"],
            "job_class_code": asked.get("job_class", row["job_class"]),
            "client_ref": asked.get("client_ref"),
        },
    )


def get_evaluation(call: Call) -> Reply:
    """One evaluation as it is now."""
    return json_reply(200, _record(call, _evaluation(call)))


def list_run_evaluations(call: Call) -> Reply:
    """The evaluations that name a run."""
    job = call.part.job_of(call.account, call.params["run_id"])
    found = (one for one in own_shelf(call).evaluations.values() if orjson.loads(one.request).get("run_id") == job.id)
    return _items(call, (_record(call, one) for one in found))


def list_evaluation_statuses(call: Call) -> Reply:
    """Every status that an evaluation can have."""
    rows = call.part.contract.wire["evaluation"]["states"]
    return _items(call, ({"code": row["word"], "is_terminal": row["terminal"]} for row in rows))


def list_evaluation_job_classes(call: Call) -> Reply:
    """The job classes that are known."""
    return _items(call, [{"code": call.part.contract.wire["evaluation"]["job_class"]}])


def set_evaluation_feedback(call: Call) -> Reply:
    """What a client says of an evaluation."""
    evaluation = _evaluation(call)
    evaluation.feedback = (call.body.get("is_positive"), call.body.get("reason"))
    return json_reply(200, _record(call, evaluation))


def set_run_evaluation_feedback(call: Call) -> Reply:
    """The same, where the path names the run too."""
    call.part.job_of(call.account, call.params["run_id"])
    return set_evaluation_feedback(call)


def _items(call: Call, rows: Iterable[Any]) -> Reply:
    keys = call.part.contract.wire["page_keys"].values()
    return json_reply(200, {"items": list(rows), **{key: None for key in keys if key}})


def _evaluation(call: Call) -> Evaluation:
    found = own_shelf(call).evaluations.get(call.params["id"])
    if found is None:
        raise unknown("Evaluation")
    return found


def _record(call: Call, evaluation: Evaluation) -> Mapping[str, Any]:
    """The record; its verdict is the same every time, and nobody has looked at the image."""
    row, asked = call.part.contract.wire["evaluation"], orjson.loads(evaluation.request)
    state = [one for one in row["states"] if call.now - evaluation.created >= one["after"]][-1]
    style = call.part.contract.wire["record_times"]
    positive, reason = evaluation.feedback or (None, None)
    return {
        **state_of(call.part).blank("evaluation.json"),
        **{name: asked.get(name) for name in ("run_id", "client_ref", "task_type", "generated_image_url")},
        "id": evaluation.id,
        "status_code": state["word"],
        "job_class_code": asked.get("job_class", row["job_class"]),
        "created_at": written(evaluation.created, style),
        **(row["verdict"] if state["terminal"] else {}),
        "feedback_is_positive": positive,
        "feedback_reason": reason,
    }
