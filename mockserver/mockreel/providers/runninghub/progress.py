"""The progress of a ComfyUI task: its WebSocket address, and the messages there until the task ends."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from mockreel.engine.artifacts import artifact
from mockreel.engine.jobs.job import Job
from mockreel.providers.runninghub.workflows import start_of
from mockreel.providers.templates import fill
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import MessageStream

# The response key of the progress address.
PROGRESS = "netWssUrl"
# The schemes of a socket by those of the requests beside it.
_SCHEMES = {"http": "ws", "https": "wss"}


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """One message, and the moment from which it is true."""

    at: float
    message: Any


def client_of(provider: Provider, job: Job) -> str:
    """The id under which a task's own client is known."""
    return provider.draw("client", job.id, size=16).hex()


def address_at(provider: Provider, job: Job, now: float) -> str | None:
    """The progress address of an old API's task, if the reading reports it now; None for a standard model."""
    state = job.state(now)
    running = state.name == provider.contract.wire["running_state"]
    sent = not state.terminal if provider.contract.wire["net_wss"] == "at-once" else running
    return address(provider, job) if sent and job.model is None else None


def address(provider: Provider, job: Job) -> str:
    """The address itself. It holds a word that only this task has, in place of a key."""
    row = provider.contract.wire["progress"]
    base = urlsplit(provider.base_url)
    words = {
        "base": f"{_SCHEMES.get(base.scheme, 'ws')}://{base.netloc}{base.path}",
        "host": base.hostname or "",
        "port": str(base.port or ""),
        "client": client_of(provider, job),
        "workflow": str(start_of(job).get("started", "")),
        "auth": quote(_auth(provider, job), safe=""),
        "target": quote(provider.base_url, safe=""),
    }
    template: str = row["url"]
    return template.format_map(words)


def job_at(provider: Provider, query: Mapping[str, str]) -> Job | None:
    """The task of an address; None if it was not issued here."""
    row = provider.contract.wire["progress"]
    auth = query.get(row["auth"], "")
    job = provider.jobs.get(_task_in(auth))
    if job is None or job.model is not None or auth != _auth(provider, job):
        return None
    return job if query.get(row["client"]) == client_of(provider, job) else None


def follow(provider: Provider, query: Mapping[str, str]) -> MessageStream | None:
    """The messages at an address, from the beginning of its task to its end; None for an unknown address."""
    job = job_at(provider, query)
    return None if job is None else _stream(provider, job)


async def _stream(provider: Provider, job: Job) -> MessageStream:
    """Each message when it is due. A late client gets the earlier ones at once."""
    sent = 0
    while provider.jobs.get(job.id) is job:
        every, now = messages(provider, job), provider.clock.now()
        due = [one for one in every if one.at <= now]
        for one in due[sent:]:
            yield orjson.dumps(one.message).decode()
        sent = max(sent, len(due))
        if job.ends is not None and now >= job.ends:
            return
        await provider.reached(job, next((one.at for one in every if one.at > now), None))


def messages(provider: Provider, job: Job) -> tuple[ProgressReport, ...]:
    """All messages of a task in order of time, by its current plan and interventions."""
    report, end, begun = _ReportMaker(provider, job), job.ends, job.began(float("inf"))
    found = [report("status", job.created, left=1)]
    if begun is not None and (end is None or begun < end):
        found += [one for one in _run(report, begun) if end is None or one.at < end]
    if end is not None:
        found += _final_reports(report, end)
    return tuple(found)


def _run(report: "_ReportMaker", begun: float) -> Iterator[ProgressReport]:
    """One node after the other; the slow one reports its progress."""
    steps, slow = report.row["steps"], report.row["slow"]
    planned = report.job.plan.end
    seconds = steps if planned is None else report.job.created + planned - begun
    yield report("start", begun)
    for node in report.before:
        yield report("executing", begun, node=node)
    yield report("executing", begun, node=slow)
    for step in range(1, steps + 1):
        yield report("progress", begun + seconds * step / (steps + 1), node=slow, value=step, most=steps)


def _final_reports(report: "_ReportMaker", end: float) -> Iterator[ProgressReport]:
    kind = report.job.state(end).kind
    if kind == "succeeded":
        for node in report.after:
            yield report("executing", end, node=node)
        yield report("executed", end, node=report.row["output"], **report.output())
        yield report("done", end)
        yield report("succeeded", end)
    else:
        yield report(kind, end, node=report.row["slow"], ran=report.before, **report.failure(end))
    yield report("status", end, left=0)


class _ReportMaker:
    """Fills the templates with the values of one task."""

    def __init__(self, provider: Provider, job: Job) -> None:
        self.row: Mapping[str, Any] = provider.contract.wire["progress"]
        self.job = job
        self._provider = provider
        self._graph: Mapping[str, Any] = orjson.loads(provider.contract.wire["workflow_json"])
        others = [node for node in self._graph if node != self.row["slow"]]
        self.before, self.after = others[: len(others) // 2], others[len(others) // 2 :]
        self._words = {"task": job.id, "client": client_of(provider, job)}

    def __call__(self, name: str, at: float, **words: Any) -> ProgressReport:
        own = {"class": self._graph[words["node"]]["class_type"]} if words.get("node") in self._graph else {}
        return ProgressReport(at, fill(self.row["told"][name], {**self._words, "at": round(at * 1000), **own, **words}))

    def output(self) -> dict[str, Any]:
        """The file that was made, as the node that keeps it names it."""
        clip = artifact.of_job(self._provider, self.job).clip
        return {"kind": self.row["lists"][clip.kind], "file": f"ComfyUI_{self.job.id}{clip.suffix}"}

    def failure(self, end: float) -> dict[str, Any]:
        """Why it failed; nothing for a task that was cancelled."""
        failure = self.job.failure(end)
        if failure is None:
            return {}
        reason = failure.fields.get("reason", {})
        message = reason.get("exception_message", failure.message)
        return {"message": message, "exception": reason.get("exception_type", "")}


def _auth(provider: Provider, job: Job) -> str:
    """What an address has in place of a key: whose task it is of, and a word that only this task has."""
    word = provider.draw("progress", job.id, size=8).hex()
    user = provider.draw("user", job.account.number, size=16).hex()
    return b64encode(orjson.dumps({"userId": user, "taskId": job.id, "token": word})).decode()


def _task_in(auth: str) -> str:
    """The task that such a word names; empty where it is none."""
    try:
        found = orjson.loads(b64decode(auth, validate=True))
    except ValueError:
        return ""
    return str(found.get("taskId", "")) if isinstance(found, dict) else ""
