"""Rules for the client's receiver of webhooks: in time, not always failing, and no forgery accepted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mockreel.engine.journal.journal import AttemptEntry, Entry
from mockreel.simulator.client_rules.client_rule import BrokenRule, Rule, without_query
from mockreel.simulator.client_rules.pacing_rules import remember
from mockreel.webhooks import Outcome
from mockreel.webhooks.fault_effects import BADLY_SIGNED
from mockreel.webhooks.retry_policy import accepted, describe, retried


class _AboutWebhooks(Rule):
    """A rule about how honest webhooks are answered."""

    @classmethod
    def cases(cls, entries: Sequence[Entry], attempts: Sequence[AttemptEntry]) -> int:
        return sum(not attempt.forged for attempt in attempts)


@dataclass
class WebhookTimeout(_AboutWebhooks):
    """A webhook was not answered in the provider's time."""

    id = "webhook-timeout"
    summary = "A webhook is not answered in the provider's time."

    def attempt(self, attempt: AttemptEntry) -> Iterator[BrokenRule]:
        if attempt.forged or attempt.error != "timeout":
            return
        policy = self.contract.callbacks.policies[attempt.kind]
        statement = f"a webhook is answered within {policy.timeout:g} seconds"
        fact = self.facts.fact(
            statement, f"callbacks.yaml policy {attempt.kind} timeout", policy.evidence_of("timeout")
        )
        yield (
            f"attempt {attempt.number} of {attempt.event} to {without_query(attempt.url)} had no answer",
            fact,
        )


@dataclass
class WebhookFailed(_AboutWebhooks):
    """No attempt at a webhook was accepted, until the provider gave up."""

    id = "webhook-failed"
    summary = "No attempt at a webhook is accepted, until the provider gives up."

    _damaged: dict[str, bool] = field(default_factory=dict)

    def attempt(self, attempt: AttemptEntry) -> Iterator[BrokenRule]:
        if attempt.forged or attempt.error == "not allowed":
            return
        policy = self.contract.callbacks.policies[attempt.kind]
        outcome = Outcome(attempt.status, error=attempt.error, detail=attempt.detail)
        damaged = self._damaged.pop(attempt.delivery, False) or attempt.fault is not None
        if accepted(policy, outcome):
            return
        if attempt.number < policy.attempts and retried(policy, outcome):
            remember(self._damaged, attempt.delivery, damaged)
        elif not damaged:
            statement = f"a webhook is answered with {' or '.join(policy.success)}"
            fact = self.facts.fact(statement, f"callbacks.yaml policy {attempt.kind}", policy.evidence_of("success"))
            times = "its only attempt" if attempt.number == 1 else f"the last of {attempt.number} attempts"
            yield (
                f"{attempt.event} to {without_query(attempt.url)} was never accepted: {times} was {describe(outcome)}",
                fact,
            )


@dataclass
class AcceptedBadSignature(Rule):
    """A webhook with a wrong signature was answered with 2xx; one with a former secret may be."""

    id = "accepted-bad-signature"
    summary = "A webhook with a wrong signature is accepted."

    @classmethod
    def cases(cls, entries: Sequence[Entry], attempts: Sequence[AttemptEntry]) -> int:
        return sum(_is_forged(attempt) for attempt in attempts)

    def attempt(self, attempt: AttemptEntry) -> Iterator[BrokenRule]:
        signature = self.contract.callbacks.signature
        if signature is None or not _is_forged(attempt) or attempt.status is None or not 200 <= attempt.status < 300:
            return
        statement = f"{signature.header} distinguishes a forged webhook from a genuine one"
        fact = self.facts.fact(statement, "callbacks.yaml signature", signature.evidence)
        yield f"a forged webhook to {without_query(attempt.url)} was answered {attempt.status}", fact


def _is_forged(attempt: AttemptEntry) -> bool:
    return attempt.forged or (attempt.fault or "").partition(";")[0] == BADLY_SIGNED
