"""The webhook event of a task: what became of it, and sending it again."""

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply
from mockreel.providers.runninghub import webhooks
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped, task_of
from mockreel.simulator.context import Call


def get_webhook(call: Call) -> Reply:
    """The event of a task and its delivery."""
    job = task_of(call)
    ended = job.state(call.now).terminal
    if job.callback_url is None or (ended and not call.part.deliveries.of(job.id)):
        raise Refused("unknown-webhook", values={"id": job.id})
    return enveloped(call, webhooks.detail(call.part, job))


def retry_webhook(call: Call) -> Reply:
    """Send a stored event again, to the address that is named now."""
    part = call.part
    record = part.deliveries.get(str(call.body["webhookId"]))
    if record is None or record.account is not call.account:
        raise Refused("unknown-webhook", values={"id": call.body["webhookId"]})
    job = part.job_of(call.account, record.subject)
    webhooks.deliver_again(part, job, record, url=call.body["webhookUrl"])
    return enveloped(call, None)
