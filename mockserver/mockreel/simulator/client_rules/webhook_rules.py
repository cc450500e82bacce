"""Rules for the client's receiver of webhooks: in time, not always failing, and no forgery accepted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mockreel.engine.journal.journal import AttemptEntry, Entry
from mockreel.simulator.client_rules.client_rule import Breach, Rule, without_query
from mockreel.simulator.client_rules.pacing_rules import remember
from mockreel.webhooks import Outcome
from mockreel.webhooks.fault_effects import BADLY_SIGNED
from mockreel.webhooks.retry_policy import accepted, describe, retried


class _AboutWebhooks(Rule):
    """A rule about how honest webhooks are answered."""

    @classmethod
    def cases(cls, entries: Sequence[Entry], attempts: Sequence[AttemptEntry]) -> int:
        return sum(not tried.forged for tried in attempts)


@dataclass
class WebhookTimeout(_AboutWebhooks):
    """A webhook was not answered in the provider's time."""

    id = "webhook-timeout"
    summary = "A webhook is not answered in the provider's time."

    def attempt(self, tried: AttemptEntry) -> Iterator[Breach]:
        if tried.forged or tried.error != "timeout":
            return
        policy = self.contract.callbacks.policies[tried.kind]
        statement = f"a webhook is answered within {policy.timeout:g} seconds"
        fact = self.facts.fact(statement, f"callbacks.yaml policy {tried.kind} timeout", policy.evidence_of("timeout"))
        yield f"attempt {tried.number} of {tried.event} to {without_query(tried.url)} had no answer", fact


@dataclass
class WebhookFailed(_AboutWebhooks):
    """No attempt at a webhook was accepted, until the provider gave up."""

    id = "webhook-failed"
    summary = "No attempt at a webhook is accepted, until the provider gives up."

    _damaged: dict[str, bool] = field(default_factory=dict)

    def attempt(self, tried: AttemptEntry) -> Iterator[Breach]:
        if tried.forged or tried.error == "not allowed":
            return
        policy = self.contract.callbacks.policies[tried.kind]
        outcome = Outcome(tried.status, error=tried.error, detail=tried.detail)
        damaged = self._damaged.pop(tried.delivery, False) or tried.fault is not None
        if accepted(policy, outcome):
            return
        if tried.number < policy.attempts and retried(policy, outcome):
            remember(self._damaged, tried.delivery, damaged)
        elif not damaged:
            statement = f"a webhook is answered with {' or '.join(policy.success)}"
            fact = self.facts.fact(statement, f"callbacks.yaml policy {tried.kind}", policy.evidence_of("success"))
            times = "its only attempt" if tried.number == 1 else f"the last of {tried.number} attempts"
            yield (
                f"{tried.event} to {without_query(tried.url)} was never accepted: {times} was {describe(outcome)}",
                fact,
            )


@dataclass
class AcceptedBadSignature(Rule):
    """A webhook with a wrong signature was answered with 2xx; one with a former secret may be."""

    id = "accepted-bad-signature"
    summary = "A webhook with a wrong signature is accepted."

    @classmethod
    def cases(cls, entries: Sequence[Entry], attempts: Sequence[AttemptEntry]) -> int:
        return sum(_is_forged(tried) for tried in attempts)

    def attempt(self, tried: AttemptEntry) -> Iterator[Breach]:
        signature = self.contract.callbacks.signature
        if signature is None or not _is_forged(tried) or tried.status is None or not 200 <= tried.status < 300:
            return
        statement = f"{signature.header} distinguishes a forged webhook from a genuine one"
        fact = self.facts.fact(statement, "callbacks.yaml signature", signature.evidence)
        yield f"a forged webhook to {without_query(tried.url)} was answered {tried.status}", fact


def _is_forged(tried: AttemptEntry) -> bool:
    return tried.forged or (tried.fault or "").partition(";")[0] == BADLY_SIGNED
