"""Accounts are apart: what one has, the other does not see."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.contract.exchanges.exchange import Told
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import LeftOut


@check("account.apart", "Another account's job looks like one that does not exist.", level="jobs")
def others_look_unknown(scene: Scene) -> Iterator[Problem]:
    if "other" not in scene.target.keys.of:
        raise LeftOut("it takes a key of another account; give --other-key")
    for story in scene.stories():
        if story.poll is None or story.poll.operation is None:
            continue
        scene.judged()
        seen = scene.send(replace(story.poll, who="other"))
        unknown = scene.send(scene.unknown(story.poll.operation))
        if _shape(seen) != _shape(unknown) or seen.status != unknown.status or _code(scene, seen, unknown):
            fact = scene.facts.fact(
                f"another account's {story.talk.name} is answered as an unknown one",
                f"conversation.yaml {story.talk.name} apart",
                story.talk.apart,
            )
            ask = replace(story.poll, who="other")
            yield Problem(fact, f"what an unknown id gets: {unknown.shown()}", seen.shown(), ask, story.subject)


def _code(scene: Scene, one: Told, other: Told) -> bool:
    return scene.refusals.code(one) != scene.refusals.code(other)


def _shape(told: Told) -> Any:
    """The keys of a body, without what may differ between two of the same."""
    body = told.json
    return sorted(body) if isinstance(body, dict) else type(body).__name__


CHECKS: tuple[Check, ...] = (others_look_unknown,)
