"""The cases of a handler check, the most important first."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mockreel.conformance.handler.forged_signatures import (
    Signing,
    every_digit,
    forged_headers,
    rightly,
    unusual_headers,
)
from mockreel.conformance.handler.handler_endpoint import Answer, Delivery
from mockreel.conformance.handler.webhook_samples import (
    Job,
    Samples,
    Webhook,
    one_of_each_event,
    one_of_each_operation,
    operations_of,
)
from mockreel.contract import Contract, Evidence
from mockreel.contract.data.webhook_rows import Signature
from mockreel.contract.evidence.facts import Fact, Facts
from mockreel.webhooks import sign

OURS = Evidence("inferred", ("ours",))
# What makes the jobs of one question others than those of the next.
ROUND = 7919


@dataclass(frozen=True, slots=True)
class HandlerPlan:
    """How a handler is checked.

    Args:
        secret: the provider's signing secret; required if it signs.
        former: former secrets, which must not be accepted any more.
        before: a URL that receives each job as JSON, or a callable, before its first webhook.
        budget: real seconds for everything.
        operations: the operations whose jobs are reported; those of the provider's first kind of job by default.
        ca: a certificate authority to trust besides the usual ones and those of `SSL_CERT_FILE`.
    """

    secret: str | None = None
    former: tuple[str, ...] = ()
    before: str | Callable[[Job], object] | None = None
    budget: float = 60.0
    operations: tuple[str, ...] = ()
    seed: int = 0
    data: Path | None = None
    ca: Path | None = None


@dataclass(frozen=True)
class HandlerCase:
    """One case of a handler check: the requests, and the right responses."""

    id: str
    says: str
    fact: Fact
    deliveries: Sequence[tuple[Webhook, Delivery]]
    right: Callable[[Answer], bool]
    extra: bool = False  # for a handler that is not slow


class HandlerCases:
    """Makes the questions to one provider's handlers."""

    def __init__(self, contract: Contract, plan: HandlerPlan) -> None:
        self._contract = contract
        self._plan = plan
        self._signature = contract.callbacks.signature
        self._facts = Facts(contract)
        operations, self.skip_reasons = operations_of(contract, plan.operations)
        self._source = Samples(contract, operations, time.time(), plan.data)

    def all(self) -> Iterator[HandlerCase]:
        """Every case, the most important first; each has its own jobs."""
        policy = next(iter(self._contract.callbacks.policies.values()))
        answered = f"a webhook is answered with {' or '.join(policy.success)} within {policy.timeout:g} s"
        accepted = self._facts.fact(answered, "callbacks.yaml policy", policy.evidence_of("success"))
        tried = f"a webhook is tried up to {policy.attempts} times"
        again = self._facts.fact(tried, "callbacks.yaml policy", policy.evidence_of("attempts"))
        valid, strangers = self._samples(0), self._samples(1)
        says = "A valid webhook is accepted in time."
        yield HandlerCase("valid", says, accepted, self._honest(valid), _is_accepted)
        if self._signature is not None:
            yield from self._signature_cases(self._signature, strangers, accepted)
        yield HandlerCase(
            "again",
            "A webhook is accepted a second time.",
            again,
            self._honest(one_of_each_event(valid), "again "),
            _is_accepted,
        )
        says = "A webhook of an earlier job is accepted after those of later ones."
        yield HandlerCase("late", says, accepted, self._honest(valid[-1:] + valid[:2], "late "), _is_accepted)
        yield from self._other_jobs_cases(accepted)
        if self._signature is not None:
            yield self._every_digit(self._signature, self._samples(6)[0])

    def _signature_cases(self, signature: Signature, samples: list[Webhook], accepted: Fact) -> Iterator[HandlerCase]:
        says = f"{signature.header} proves who sent it"
        proof = self._facts.fact(says, "callbacks.yaml signature", signature.evidence)
        forged = list(self._forgeries(samples))
        yield HandlerCase("forged", "A forged webhook is not accepted.", proof, forged, _is_not_accepted)
        says = "A webhook is accepted although forged ones told of the same job before."
        yield HandlerCase("after-forgery", says, accepted, self._honest(one_of_each_event(samples)), _is_accepted)
        form = self._facts.fact(
            f"{signature.header} is written as {signature.encoding} digits alone", "callbacks.yaml signature", OURS
        )
        unusual = [
            (one, self._delivery(one, signing, f"{one.what} {signing.what}"))
            for one in self._samples(2)[:1]
            for signing in unusual_headers(signature)
        ]
        says = "A signature that is written in another way is not accepted."
        yield HandlerCase("signature-form", says, form, unusual, _is_not_accepted)

    def _every_digit(self, signature: Signature, webhook: Webhook) -> HandlerCase:
        """The rest of the digits, last as they are many and less important."""
        proof = self._facts.fact(
            f"every digit of {signature.header} counts", "callbacks.yaml signature", signature.evidence
        )
        right = sign(signature, self._plan.secret or "", webhook.body)
        forged = [(webhook, self._delivery(webhook, one, f"{webhook.what} {one.what}")) for one in every_digit(right)]
        says = "A signature that is wrong in any one digit is not accepted."
        return HandlerCase("every-digit", says, proof, forged, _is_not_accepted, extra=True)

    def _other_jobs_cases(self, accepted: Fact) -> Iterator[HandlerCase]:
        samples = one_of_each_event(self._samples(3))
        operation = samples[0].sample.callback.operation
        schema = self._facts.operation(f"the schema of the callback of {operation.id}", operation)
        nulls = [(one, self._delivery(one, self._right(), what)) for each in samples for what, one in each.nulls()]
        says = "A webhook is accepted where a field that may be null is null."
        yield HandlerCase("null-field", says, schema, nulls, _is_accepted)
        form = self._facts.fact("a webhook has the form of its schema", "openapi.yaml callbacks", OURS)
        broken = list(self._malformed(self._samples(4)[0]))
        yield HandlerCase("malformed", "A malformed webhook is answered with 4xx.", form, broken, _is_client_error)
        values = self._facts.fact("every value that the schema allows may be sent", accepted.where, OURS)
        others = [
            (one, self._delivery(one, self._right(), what))
            for each in one_of_each_operation(self._samples(5))
            for what, one in each.variants()
        ]
        says = "A webhook is accepted with whatever values its schema allows."
        yield HandlerCase("variants", says, values, others, _is_accepted)

    def _samples(self, number: int) -> list[Webhook]:
        return self._source.drawn(self._plan.seed * ROUND + number)

    def _right(self) -> Signing:
        """As the provider signs, if it does."""
        return rightly(self._signature) if self._signature is not None else Signing("unsigned", None)

    def _delivery(
        self, webhook: Webhook, signing: Signing, what: str, *, body: bytes | None = None, media: str | None = None
    ) -> Delivery:
        sent = webhook.body if body is None else body
        return Delivery(what, sent, webhook.headers, webhook.sample.policy, signing, media)

    def _honest(self, webhooks: Iterable[Webhook], word: str = "") -> list[tuple[Webhook, Delivery]]:
        return [(one, self._delivery(one, self._right(), f"{word}{one.what}")) for one in webhooks]

    def _forgeries(self, samples: list[Webhook]) -> Iterator[tuple[Webhook, Delivery]]:
        """Every forgery of the first webhook, and the plainest of each other event's."""
        assert self._signature is not None
        first, *others = one_of_each_event(samples)
        secret, former = self._plan.secret or "", self._plan.former
        signings = list(forged_headers(self._signature, first.body, secret=secret, former=former))
        yield from ((first, self._delivery(first, one, f"{first.what} {one.what}")) for one in signings)
        yield from self._other_bodies(first)
        for other in others:
            yield from ((other, self._delivery(other, one, f"{other.what} {one.what}")) for one in signings[:2])
            yield next(self._other_bodies(other))

    def _other_bodies(self, webhook: Webhook) -> Iterator[tuple[Webhook, Delivery]]:
        """Bodies with the signature of another, and none at all with another content type."""
        for what, body in webhook.other_bodies():
            signing = replace(self._right(), what=what, over=webhook.body)
            yield webhook, self._delivery(webhook, signing, f"{webhook.what} {what}", body=body)
        unsigned = Signing("without a signature, as text/plain", None)
        yield webhook, self._delivery(webhook, unsigned, f"{webhook.what} {unsigned.what}", media="text/plain")

    def _malformed(self, webhook: Webhook) -> Iterator[tuple[Webhook, Delivery]]:
        """Signed as ever, but no webhook of the provider."""
        bodies = [("no JSON", b"hello"), ("half the JSON", webhook.body[: len(webhook.body) // 2])]
        bodies += [("an empty body", b""), ("a list", b"[]"), ("null", b"null")]
        bodies += [
            (f"a body without {name}", webhook.without(name)) for name in sorted(webhook.sample.callback.required)
        ]
        for what, body in bodies:
            yield webhook, self._delivery(webhook, self._right(), what, body=body)


def _is_accepted(answer: Answer) -> bool:
    return answer.accepted


def _is_not_accepted(answer: Answer) -> bool:
    return not answer.accepted


def _is_client_error(answer: Answer) -> bool:
    return answer.status is not None and 400 <= answer.status < 500
