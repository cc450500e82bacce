"""A callback that is not taken is tried again as documented: how often, how long after, with the same bytes."""

from collections.abc import Iterator
from itertools import pairwise

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.checks.webhook_deliveries import callback_fact, called
from mockreel.conformance.job_traces import Story
from mockreel.contract import DeliveryPolicy
from mockreel.contract.conversation.conversation import Told
from mockreel.contract.exchanges.exchange import Ask
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.memory_receiver import Behaviour
from mockreel.simulator.in_process.mock_target import LeftOut

# How far an attempt may be from its moment, in seconds: on the mock next to nothing, over a network half a second.
SLACK_OWN = 0.01
SLACK = 0.5
# What an attempt may be answered with, and how reports call it.
ANSWERS: tuple[tuple[str, Behaviour], ...] = (
    ("500", 500),
    ("404", 404),
    ("302", 302),
    ("timeout", "timeout"),
    ("refused", "refused"),
    ("broken", "broken"),
)


def attempts_after(policy: DeliveryPolicy, answer: Behaviour) -> int:
    """How many attempts a policy makes when each is answered so."""
    if isinstance(answer, int):
        again = any(_fits(answer, pattern) for pattern in policy.retry_statuses)
    else:
        again = policy.retry_timeout if answer == "timeout" else policy.retry_network
    return policy.attempts if again else 1


def _fits(status: int, pattern: str) -> bool:
    plain = pattern.removeprefix("!")
    fits = all(want in ("x", digit) for want, digit in zip(plain.lower(), str(status), strict=True))
    return fits != pattern.startswith("!")


def tried(scene: Scene, answer: Behaviour, name: str) -> Iterator[Story]:
    """One story for each submit that takes a callback, whose callbacks are all answered so; told once."""
    called(scene)

    def tell() -> Iterator[Story]:
        for talk, submit in scene.submits():
            if talk.told is None or scene.callback_of(submit) is None:
                continue
            policy = scene.contract.callbacks.policies[talk.told.policy]
            story = scene.telling.begin(talk, submit, scene.casting.leads(submit)[0], behaviours=(answer,))
            scene.telling.watch(story)
            scene.target.wait(2 * sum(policy.delays) + policy.attempts * policy.timeout + 5)
            story.arrivals = scene.receiver.of(story.callback_url or "")
            yield story

    yield from scene.told(f"answered {name}", tell)


def policy_of(scene: Scene, story: Story) -> DeliveryPolicy:
    assert story.talk.told is not None
    return scene.contract.callbacks.policies[story.talk.told.policy]


def _counting(name: str, answer: Behaviour) -> Check:
    """How many attempts come where each is answered in one way."""

    def count(scene: Scene) -> Iterator[Problem]:
        for story in tried(scene, answer, name):
            scene.judged()
            policy = policy_of(scene, story)
            wanted = attempts_after(policy, answer)
            if len(story.arrivals) != wanted:
                says = f"a callback that is answered with {name} is tried {wanted} times in all"
                what = "attempts" if wanted > 1 and isinstance(answer, int) else "retry"
                fact = scene.facts.fact(says, "callbacks.yaml policy", policy.evidence_of(what))
                yield Problem(fact, f"{wanted} attempts", f"{len(story.arrivals)} attempts", story.asked, story.subject)

    says = f"A callback whose attempts are answered with {name} is tried as often as documented."
    return Check(f"callback.tries-{name}", says, "jobs", count)


@check("callback.spacing", "The attempts at a callback are as far apart as documented.", level="jobs")
def are_spaced(scene: Scene) -> Iterator[Problem]:
    slack = SLACK_OWN if scene.target.own else SLACK
    for story in tried(scene, 500, "500"):
        policy = policy_of(scene, story)
        gaps = [later.at - earlier.at for earlier, later in pairwise(story.arrivals)]
        for number, (gap, wanted) in enumerate(zip(gaps, policy.delays, strict=False), 2):
            scene.judged()
            if abs(gap - wanted) > slack + (0 if scene.target.own else 0.1 * wanted):
                says = f"the attempts are {', '.join(f'{delay:g}' for delay in policy.delays)} s apart"
                fact = scene.facts.fact(says, "callbacks.yaml policy delays", policy.evidence_of("delays"))
                expected = f"attempt {number} after {wanted:g} s"
                yield Problem(fact, expected, f"after {gap:.2f} s", story.asked, story.subject)


@check("callback.same-bytes", "Every attempt at a callback sends the same bytes.", level="jobs")
def repeat_themselves(scene: Scene) -> Iterator[Problem]:
    for story in tried(scene, 500, "500"):
        scene.judged()
        if len({arrival.body for arrival in story.arrivals}) > 1:
            fact = callback_fact(scene, story, "an attempt repeats the callback")
            bodies = [arrival.body.decode("utf-8", "replace")[:150] for arrival in story.arrivals]
            yield Problem(fact, "the same bytes each time", " | ".join(bodies), story.asked, story.subject)


@check("callback.taken", "A callback that was taken at a later attempt is not sent again.", level="jobs")
def stops_when_taken(scene: Scene) -> Iterator[Problem]:
    called(scene)
    for talk, submit in scene.submits():
        if talk.told is None or scene.callback_of(submit) is None:
            continue
        policy = scene.contract.callbacks.policies[talk.told.policy]
        if attempts_after(policy, 500) < 2:
            continue
        story = scene.telling.begin(talk, submit, scene.casting.leads(submit)[0], behaviours=(500, 200, 500))
        scene.telling.watch(story)
        scene.target.wait(2 * sum(policy.delays) + 5)
        scene.judged()
        count = len(scene.receiver.of(story.callback_url or ""))
        if count != 2:
            fact = scene.facts.fact(
                "a 2xx ends the attempts", "callbacks.yaml policy success", policy.evidence_of("success")
            )
            yield Problem(
                fact, "two attempts, as the second was taken", f"{count} attempts", story.asked, story.subject
            )


@check("callback.redelivered", "A callback can be asked for again, and comes again.", level="jobs")
def comes_again(scene: Scene) -> Iterator[Problem]:
    found = False
    for story in called(scene):
        told = story.talk.told
        if told is None or told.redeliver is None or story.scenario is not None:
            continue
        found = True
        ask = _redelivery(scene, story, told)
        if ask is None or ask.operation is None:
            continue
        scene.judged()
        reply = scene.send(ask)
        scene.target.wait(1)
        came = scene.receiver.of(story.callback_url or "")[len(story.arrivals) :]
        if scene.refusals.refused(reply) or len(came) != 1 or scene.payload_problems(story.submit, came[0].body):
            fact = scene.facts.operation(f"{told.redeliver} sends the callback again", ask.operation)
            yield Problem(fact, "one more valid callback", f"{len(came)} came; {reply.shown()}", ask, story.subject)
    if not found:
        raise LeftOut("the provider documents no redelivery that the links lead to")


def _redelivery(scene: Scene, story: Story, told: Told) -> Ask | None:
    """The request that asks for a callback again: a link of the submit leads to it, perhaps by way of another reply."""
    operation, ask, reply = story.submit, story.asked, story.told
    for name in (told.via, told.redeliver):
        if name is None:
            continue
        link = scene.links.find(operation, reply, name)
        if link is None:
            return None
        operation, ask = link.to, scene.links.follow(link, ask, reply)
        if name == told.via:
            reply = scene.send(ask)
    return ask


CHECKS: tuple[Check, ...] = (
    *(_counting(name, answer) for name, answer in ANSWERS),
    are_spaced,
    repeat_themselves,
    stops_when_taken,
    comes_again,
)
