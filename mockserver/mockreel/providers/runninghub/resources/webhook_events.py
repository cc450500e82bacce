"""The webhook event of a task: what became of it, and sending it again."""

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.providers.runninghub import webhooks
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped, task_of
from mockreel.simulator.request_context import RequestContext


def get_webhook(context: RequestContext) -> Response:
    """The event of a task and its delivery."""
    job = task_of(context)
    ended = job.state(context.now).terminal
    if job.callback_url is None or (ended and not context.provider.deliveries.of(job.id)):
        raise ErrorResponse("unknown-webhook", values={"id": job.id})
    return enveloped(context, webhooks.detail(context.provider, job))


def retry_webhook(context: RequestContext) -> Response:
    """Send a stored event again, to the address that is named now."""
    provider = context.provider
    record = provider.deliveries.get(str(context.body["webhookId"]))
    if record is None or record.account is not context.account:
        raise ErrorResponse("unknown-webhook", values={"id": context.body["webhookId"]})
    job = provider.job_of(context.account, record.subject)
    webhooks.deliver_again(provider, job, record, url=context.body["webhookUrl"])
    return enveloped(context, None)
