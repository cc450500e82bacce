"""What a job tells when it has ended."""

import orjson

from encore_player.wire import job_body
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid4
from mockreel.simulator.provider import Part
from mockreel.webhooks import Delivery, sign


def tell(part: Part, job: Job) -> None:
    now = part.clock.now()
    rows = part.contract.callbacks
    event, signature = rows.event_on(job.state(now).name), rows.signature
    if event is None or signature is None or job.callback_url is None:
        return
    body = orjson.dumps({"event": event.word, "job": job_body(part, job, now)})
    headers = ((signature.header, sign(signature, part.state.secret, body)), ("Content-Type", "application/json"))
    part.deliveries.schedule(
        Delivery(
            id=uuid4(part.draw("delivery", job.id)),
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
