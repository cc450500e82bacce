"""One handler for each operation."""

from collections.abc import Mapping

import orjson

from encore_player.wire import job_body
from mockreel.contract.messages.form import Form
from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.artifacts.uploads import Upload
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.randomness import uuid4, uuid7
from mockreel.simulator.provider_adapter import Answer, Handler
from mockreel.simulator.request_context import RequestContext


def _begin(context: RequestContext) -> Job:
    url = context.body.get("tell") if context.operation.input else None
    return context.provider.begin(context, uuid7, request=orjson.dumps(context.fields), callback_url=url)


def create_job(context: RequestContext) -> Answer:
    return json_response(201, job_body(context.provider, _begin(context), context.now))


async def create_job_and_wait(context: RequestContext) -> Response:
    job = _begin(context)
    await context.provider.wait_for(job)
    return json_response(200, job_body(context.provider, job, context.provider.clock.now()))


def get_job(context: RequestContext) -> Answer:
    job = context.provider.job_of(context.account, context.params["id"])
    return json_response(200, job_body(context.provider, job, context.now))


def list_jobs(context: RequestContext) -> Answer:
    jobs = context.account.jobs if context.query.get("oldest") else context.account.jobs[::-1]
    since, word = context.query.get("since", 0), context.query.get("word")
    stored = [job for job in jobs if job.created >= since and word in (None, job.state(context.now).word)]
    page = stored[: context.query.get("limit", 10)]
    return json_response(200, {"jobs": [job_body(context.provider, job, context.now) for job in page]})


def drop_job(context: RequestContext) -> Answer:
    job = context.provider.job_of(context.account, context.params["id"])
    if not job.state(context.now).terminal:
        context.provider.intervene(
            job, Intervention(context.now, context.provider.contract.lifecycle.states["dropped"])
        )
    return json_response(200, job_body(context.provider, job, context.now))


def get_model(context: RequestContext) -> Answer:
    assert context.model is not None
    return json_response(200, context.provider.contract.schemas.document(context.model.schema))


def send_file(context: RequestContext) -> Answer:
    form: Form = context.body
    file = form.files["file"]
    id_ = uuid4(context.provider.draw("file", context.provider.count("file")))
    context.provider.uploads.announce(Upload(id_, file.mime, len(file.data), None, file.data))
    return json_response(201, {"id": id_, "url": f"{context.request.base_url}/_mockreel/uploads/{id_}"})


def echo(context: RequestContext) -> Answer:
    return Response(200, context.body, ((b"content-type", b"application/octet-stream"),))


def get_health(context: RequestContext) -> Answer:
    return json_response(200, {"well": True})


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
