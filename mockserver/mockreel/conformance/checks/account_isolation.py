"""Accounts are apart: what one has, the other does not see."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract.exchanges.exchange import Told
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import LeftOut


def _has_lists(scene: Scene) -> bool:
    """Whether a list needs a key, so that it can show too much."""
    return any(scene.contract.operation(name).key for name in scene.contract.conversation.lists)


@check("account.apart", "Another account's job looks like one that does not exist.", level="jobs", uses=(PLAIN,))
def others_look_unknown(scene: Scene) -> Iterator[Problem]:
    if "other" not in scene.target.keys.of:
        raise LeftOut("it takes the key of another account; give --other-key")
    for story in scene.stories():
        if story.poll is None or story.poll.operation is None:
            continue
        seen = scene.send(replace(story.poll, who="other"))
        unknown = scene.send(scene.unknown(story.poll.operation))
        scene.judged()
        if _shape(seen) != _shape(unknown) or seen.status != unknown.status or _code(scene, seen, unknown):
            fact = scene.facts.fact(
                f"another account's {story.talk.name} is answered as an unknown one",
                f"conversation.yaml {story.talk.name} apart",
                story.talk.apart,
            )
            ask = replace(story.poll, who="other")
            yield Problem(fact, f"what an unknown id gets: {unknown.shown()}", seen.shown(), ask, story.subject)


@check("account.lists", "A list shows no job of another account.", level="jobs", uses=(PLAIN,), known=_has_lists)
def lists_are_apart(scene: Scene) -> Iterator[Problem]:
    if "other" not in scene.target.keys.of:
        raise LeftOut("it takes the key of another account; give --other-key")
    own = {id_ for id_, ask, _ in scene.ids if ask.who == "own"}
    for name, paged in scene.contract.conversation.lists.items():
        operation = scene.contract.operation(name)
        if not operation.key:
            continue
        ask = replace(scene.requests.good(operation), who="other")
        told = scene.send(ask)
        scene.judged()
        shown = [id_ for id_ in own if f'"{id_}"'.encode() in told.body]
        if shown:
            fact = scene.facts.fact(f"{name} shows one's own", f"conversation.yaml lists {name}", paged.evidence)
            yield Problem(fact, "nothing of another account", f"{shown[0]} in {told.shown()[:200]}", ask, name)


def _code(scene: Scene, one: Told, other: Told) -> bool:
    return scene.refusals.code(one) != scene.refusals.code(other)


def _shape(told: Told) -> Any:
    """The keys of a body, without what may differ between two of the same."""
    body = told.json
    return sorted(body) if isinstance(body, dict) else type(body).__name__


CHECKS: tuple[Check, ...] = (others_look_unknown, lists_are_apart)
