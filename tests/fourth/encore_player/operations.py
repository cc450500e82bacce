"""One handler for each operation."""

from collections.abc import Mapping

import orjson

from encore_player.wire import job_body
from mockreel.contract.messages.form import Form
from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.artifacts.uploads import Upload
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.randomness import uuid4, uuid7
from mockreel.simulator.adapter import Answer, Handler
from mockreel.simulator.context import Call


def _begin(call: Call) -> Job:
    url = call.body.get("tell") if call.operation.input else None
    return call.part.begin(call, uuid7, request=orjson.dumps(call.fields), callback_url=url)


def create_job(call: Call) -> Answer:
    return json_reply(201, job_body(call.part, _begin(call), call.now))


async def create_job_and_wait(call: Call) -> Reply:
    job = _begin(call)
    await call.part.wait_for(job)
    return json_reply(200, job_body(call.part, job, call.part.clock.now()))


def get_job(call: Call) -> Answer:
    job = call.part.job_of(call.account, call.params["id"])
    return json_reply(200, job_body(call.part, job, call.now))


def list_jobs(call: Call) -> Answer:
    jobs = call.account.jobs if call.query.get("oldest") else call.account.jobs[::-1]
    since, word = call.query.get("since", 0), call.query.get("word")
    kept = [job for job in jobs if job.created >= since and word in (None, job.state(call.now).word)]
    page = kept[: call.query.get("limit", 10)]
    return json_reply(200, {"jobs": [job_body(call.part, job, call.now) for job in page]})


def drop_job(call: Call) -> Answer:
    job = call.part.job_of(call.account, call.params["id"])
    if not job.state(call.now).terminal:
        call.part.intervene(job, Intervention(call.now, call.part.contract.lifecycle.states["dropped"]))
    return json_reply(200, job_body(call.part, job, call.now))


def get_model(call: Call) -> Answer:
    assert call.model is not None
    return json_reply(200, call.part.contract.schemas.document(call.model.schema))


def send_file(call: Call) -> Answer:
    form: Form = call.body
    file = form.files["file"]
    id_ = uuid4(call.part.draw("file", call.part.count("file")))
    call.part.uploads.announce(Upload(id_, file.mime, len(file.data), None, file.data))
    return json_reply(201, {"id": id_, "url": f"{call.request.base_url}/_mockreel/uploads/{id_}"})


def echo(call: Call) -> Answer:
    return Reply(200, call.body, ((b"content-type", b"application/octet-stream"),))


def get_health(call: Call) -> Answer:
    return json_reply(200, {"well": True})


HANDLERS: Mapping[str, Handler] = {
    handler.__name__: handler
    for handler in (
        create_job,
        create_job_and_wait,
        get_job,
        list_jobs,
        drop_job,
        get_model,
        send_file,
        echo,
        get_health,
    )
} | {"create_model_job": create_job}
