"""What a job tells when it has ended."""

import orjson

from encore_player.wire import job_body
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid4
from mockreel.simulator.provider import Provider
from mockreel.webhooks import Delivery, sign


def tell(provider: Provider, job: Job) -> None:
    now = provider.clock.now()
    rows = provider.contract.callbacks
    event, signature = rows.event_on(job.state(now).name), rows.signature
    if event is None or signature is None or job.callback_url is None:
        return
    body = orjson.dumps({"event": event.word, "job": job_body(provider, job, now)})
    headers = ((signature.header, sign(signature, provider.state.secret, body)), ("Content-Type", "application/json"))
    provider.deliveries.schedule(
        Delivery(
            id=uuid4(provider.draw("delivery", job.id)),
            subject=job.id,
            kind="callback",
            account=job.account,
            url=job.callback_url,
            event=event.word,
            body=body,
            headers=headers,
            policy=rows.policies["callback"],
            created=now,
        )
    )
