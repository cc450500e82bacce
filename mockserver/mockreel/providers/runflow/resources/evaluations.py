"""Evaluations of images: created, polled until they end, and rated by clients."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.error_bodies import unknown
from mockreel.providers.runflow.state import Evaluation, own_shelf, state_of
from mockreel.providers.runflow.timestamps import format_timestamp
from mockreel.simulator.request_context import RequestContext


def create_evaluation(context: RequestContext) -> Response:
    row = context.provider.contract.wire["evaluation"]
    number = context.provider.count("evaluation")
    id_ = uuid7(context.now, context.provider.draw("evaluation", number))
    evaluation = Evaluation(id_, number, orjson.dumps(context.body), context.now)
    own_shelf(context).evaluations[id_] = evaluation
    fields = context.body
    return json_response(
        202,
        {
            "id": id_,
            "status_code": row["states"][0]["word"],
            "job_class_code": fields.get("job_class", row["job_class"]),
            "client_ref": fields.get("client_ref"),
        },
    )


def get_evaluation(context: RequestContext) -> Response:
    return json_response(200, _record(context, _evaluation(context)))


def list_run_evaluations(context: RequestContext) -> Response:
    job = context.provider.job_of(context.account, context.params["run_id"])
    found = (
        one for one in own_shelf(context).evaluations.values() if orjson.loads(one.request).get("run_id") == job.id
    )
    return _items(context, (_record(context, one) for one in found))


def list_evaluation_statuses(context: RequestContext) -> Response:
    """Every status that an evaluation can have."""
    rows = context.provider.contract.wire["evaluation"]["states"]
    return _items(context, ({"code": row["word"], "is_terminal": row["terminal"]} for row in rows))


def list_evaluation_job_classes(context: RequestContext) -> Response:
    return _items(context, [{"code": context.provider.contract.wire["evaluation"]["job_class"]}])


def set_evaluation_feedback(context: RequestContext) -> Response:
    evaluation = _evaluation(context)
    evaluation.feedback = (context.body.get("is_positive"), context.body.get("reason"))
    return json_response(200, _record(context, evaluation))


def set_run_evaluation_feedback(context: RequestContext) -> Response:
    """The same, where the path names the run too."""
    context.provider.job_of(context.account, context.params["run_id"])
    return set_evaluation_feedback(context)


def _items(context: RequestContext, rows: Iterable[Any]) -> Response:
    keys = context.provider.contract.wire["page_keys"].values()
    return json_response(200, {"items": list(rows), **{key: None for key in keys if key}})


def _evaluation(context: RequestContext) -> Evaluation:
    found = own_shelf(context).evaluations.get(context.params["id"])
    if found is None:
        raise unknown("Evaluation")
    return found


def _record(context: RequestContext, evaluation: Evaluation) -> Mapping[str, Any]:
    """The record; its verdict is always the same, as no image is examined."""
    row, fields = context.provider.contract.wire["evaluation"], orjson.loads(evaluation.request)
    state = [one for one in row["states"] if context.now - evaluation.created >= one["after"]][-1]
    style = context.provider.contract.wire["record_times"]
    positive, reason = evaluation.feedback or (None, None)
    return {
        **state_of(context.provider).blank("evaluation.json"),
        **{name: fields.get(name) for name in ("run_id", "client_ref", "task_type", "generated_image_url")},
        "id": evaluation.id,
        "status_code": state["word"],
        "job_class_code": fields.get("job_class", row["job_class"]),
        "created_at": format_timestamp(evaluation.created, style),
        **(row["verdict"] if state["terminal"] else {}),
        "feedback_is_positive": positive,
        "feedback_reason": reason,
    }
