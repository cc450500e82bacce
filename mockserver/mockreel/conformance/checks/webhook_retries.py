"""A callback that is not taken is tried again as documented: how often, how long after, with the same bytes."""

from collections.abc import Iterator
from itertools import pairwise

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.checks.webhook_deliveries import callback_fact, called, tells
from mockreel.conformance.jobs.job_groups import ANSWERS, PLAIN
from mockreel.conformance.jobs.job_traces import Story
from mockreel.conformance.jobs.wait_times import attempts_after
from mockreel.contract import DeliveryPolicy
from mockreel.contract.conversation.conversation import Told
from mockreel.contract.exchanges.exchange import Ask
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.memory_receiver import Arrival, Behaviour

# How far an attempt may be from its moment, in seconds: on the mock next to nothing, over a network half a second.
SLACK_OWN = 0.01
SLACK = 0.5


def policy_of(scene: Scene, story: Story) -> DeliveryPolicy:
    assert story.talk.told is not None
    return scene.contract.callbacks.policies[story.talk.told.policy]


def tried(scene: Scene, name: str) -> Iterator[Story]:
    """The stories of a group whose callbacks are all answered so; what was not seen to its end is not judged."""
    for story in called(scene, name):
        if story.whole and story.arrivals:
            yield story
        elif story.whole:
            scene.skip("no callback came at all, see callback.comes")
        else:
            scene.skip(f"its attempts were not seen to the end: {story.stopped or 'its job did not end'}")


def _counting(name: str, behaviours: tuple[Behaviour, ...]) -> Check:
    """How many attempts come where each is answered in one way."""

    def count(scene: Scene) -> Iterator[Problem]:
        for story in tried(scene, name):
            scene.judged()
            policy = policy_of(scene, story)
            wanted = attempts_after(policy, behaviours)
            if len(story.arrivals) != wanted:
                says = f"a callback that is answered with {name} is tried {wanted} times in all"
                fact = scene.facts.fact(says, "callbacks.yaml policy", policy.evidence_of(_what(behaviours[0], wanted)))
                yield Problem(fact, f"{wanted} attempts", f"{len(story.arrivals)} attempts", story.asked, story.subject)

    says = f"A callback whose attempts are answered with {name} is tried as often as documented."
    return Check(f"callback.tries-{name}", says, "jobs", count, (name,), lambda scene: _asks(scene, name))


def _asks(scene: Scene, name: str) -> bool:
    """A receiver that answers late is not to be had on the mock, where no time passes while it answers."""
    return tells(scene) and (name != "slow" or not scene.own)


def _what(answer: Behaviour, wanted: int) -> str:
    """Which number of the policy says how often it is tried."""
    if answer == "slow" or (isinstance(answer, int) and answer < 300):
        return "success"
    return "attempts" if wanted > 1 and isinstance(answer, int) else "retry"


@check(
    "callback.spacing", "The attempts at a callback are as far apart as documented.", level="jobs", uses=("500",),
    known=tells,
)  # fmt: skip
def are_spaced(scene: Scene) -> Iterator[Problem]:
    slack = SLACK_OWN if scene.target.own else SLACK
    for story in tried(scene, "500"):
        policy = policy_of(scene, story)
        gaps = [later.at - earlier.at for earlier, later in pairwise(story.arrivals)]
        for number, (gap, wanted) in enumerate(zip(gaps, policy.delays, strict=False), 2):
            scene.judged()
            if abs(gap - wanted) > slack + (0 if scene.target.own else 0.1 * wanted):
                says = f"the attempts are {', '.join(f'{delay:g}' for delay in policy.delays)} s apart"
                fact = scene.facts.fact(says, "callbacks.yaml policy delays", policy.evidence_of("delays"))
                expected = f"attempt {number} after {wanted:g} s"
                yield Problem(fact, expected, f"after {gap:.2f} s", story.asked, story.subject)


@check(
    "callback.same-bytes", "Every attempt at a callback sends the same bytes.", level="jobs", uses=("500",), known=tells
)
def repeat_themselves(scene: Scene) -> Iterator[Problem]:
    for story in tried(scene, "500"):
        scene.judged()
        if len({arrival.body for arrival in story.arrivals}) > 1:
            fact = callback_fact(scene, story, "an attempt repeats the callback")
            bodies = [arrival.body.decode("utf-8", "replace")[:150] for arrival in story.arrivals]
            yield Problem(fact, "the same bytes each time", " | ".join(bodies), story.asked, story.subject)


@check(
    "callback.taken", "A callback that was taken at a later attempt is not sent again.", level="jobs",
    uses=("500-200",), known=tells,
)  # fmt: skip
def stops_when_taken(scene: Scene) -> Iterator[Problem]:
    for story in tried(scene, "500-200"):
        scene.judged()
        count, policy = len(story.arrivals), policy_of(scene, story)
        if count != 2:
            fact = scene.facts.fact(
                "a 2xx ends the attempts", "callbacks.yaml policy success", policy.evidence_of("success")
            )
            yield Problem(
                fact, "two attempts, as the second was taken", f"{count} attempts", story.asked, story.subject
            )


def _redelivers(scene: Scene) -> bool:
    talks = scene.contract.conversation.jobs.values()
    return any(talk.told is not None and talk.told.redeliver is not None for talk in talks)


@check(
    "callback.redelivered", "A callback can be asked for again, and comes again.", level="jobs", uses=(PLAIN,),
    known=_redelivers,
)  # fmt: skip
def comes_again(scene: Scene) -> Iterator[Problem]:
    for story in called(scene):
        told = story.talk.told
        if told is None or told.redeliver is None or story.scenario is not None or not story.whole:
            continue
        ask = _redelivery(scene, story, told)
        if ask is None or ask.operation is None:
            continue
        reply = scene.send(ask)
        came = _further(scene, story)
        scene.judged()
        if scene.refusals.refused(reply) or len(came) != 1 or scene.payload_problems(story.submit, came[0].body):
            fact = scene.facts.operation(f"{told.redeliver} sends the callback again", ask.operation)
            yield Problem(fact, "one more valid callback", f"{len(came)} came; {reply.shown()}", ask, story.subject)


def _further(scene: Scene, story: Story) -> list[Arrival]:
    """What comes after everything that came before; waits for it as long as for the first."""
    until = scene.target.now() + (1 if scene.own else scene.waits.grace)
    while True:
        came = scene.receiver.of(story.callback_url or "")[len(story.arrivals) :]
        if scene.own or came or scene.target.now() >= until:
            break
        scene.target.wait(0.25)
    scene.target.wait(1.0)
    return scene.receiver.of(story.callback_url or "")[len(story.arrivals) :]


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
    *(_counting(name, behaviours) for name, behaviours in ANSWERS.items() if name != "500-200"),
    are_spaced,
    repeat_themselves,
    stops_when_taken,
    comes_again,
)
