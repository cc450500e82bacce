"""Stories of jobs: begun, polled until they are over, and looked at once more, with every callback that came."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mockreel.contract import Model, Operation, State
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.exchanges.exchange import Ask, Told, first, found
from mockreel.contract.exchanges.links import Link
from mockreel.simulator.in_process.memory_receiver import Arrival, Behaviour
from mockreel.simulator.in_process.mock_target import LeftOut

if TYPE_CHECKING:
    from mockreel.conformance.check_context import Scene

# How often a job is looked at, in seconds of the target's clock, and how many looks it may take to end: on the mock,
# where time costs nothing, and over a network.
LOOKS_OWN = (0.25, 60)
LOOKS = (1.0, 600)


class Refused(LeftOut):
    """A submit was refused, so that there is no job to tell of."""


@dataclass(frozen=True, slots=True)
class Look:
    """One poll: when, the word that came, and the whole reply; `arrived` counts the callbacks until then."""

    at: float
    word: Any
    told: Told
    arrived: int


@dataclass
class Story:
    """One job from its submit on."""

    talk: JobTalk
    submit: Operation
    model: Model | None
    scenario: str | None
    asked: Ask
    told: Told
    link: Link | None
    poll: Ask | None
    id: Any
    began: float
    looks: list[Look] = field(default_factory=list)
    ended: bool = False
    callback_url: str | None = None
    arrivals: list[Arrival] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return f"{self.submit.id} {self.model.id}" if self.model else self.submit.id

    @property
    def last(self) -> Look | None:
        return self.looks[-1] if self.looks else None


class Stories:
    """Tells stories of jobs at one scene."""

    def __init__(self, scene: "Scene") -> None:
        self._scene = scene

    def begin(
        self,
        talk: JobTalk,
        submit: Operation,
        model: Model | None = None,
        *,
        scenario: str | None = None,
        behaviours: tuple[Behaviour, ...] | None = None,
    ) -> Story:
        """Begin a job; `behaviours` say how its callbacks are answered, None asks for no callback."""
        scene = self._scene
        scene.check_time()
        ask = scene.requests.good(submit, model)
        url = None
        if behaviours is not None:
            ask, url = scene.with_callback(ask, behaviours)
        if scenario is not None:
            ask = replace(ask, headers={**ask.headers, "prefer": f"scenario={scenario}"})
        began = scene.target.now()
        told = scene.send(ask)
        if scene.refusals.refused(told):
            raise Refused(f"{submit.id} was refused, so no job could be looked at: {told.shown()}")
        link = scene.links.find(submit, told, talk.poll)
        poll = scene.links.follow(link, ask, told) if link else None
        id_ = scene.links.id(link, ask, told) if link else None
        return Story(talk, submit, model, scenario, ask, told, link, poll, id_, began, callback_url=url)

    def watch(self, story: Story) -> Story:
        """Poll until the job is over, and a few times more."""
        more = 3
        step, most = LOOKS_OWN if self._scene.target.own else LOOKS
        for _ in range(most):
            look = self.look(story)
            if story.ended or look is None:
                more -= 1
            if more == 0:
                break
            self._scene.target.wait(step)
        if story.callback_url is not None:
            story.arrivals = self._scene.receiver.of(story.callback_url)
        return story

    def look(self, story: Story) -> Look | None:
        """Poll once."""
        scene = self._scene
        if story.poll is None:
            return None
        told = scene.send(story.poll)
        word = first(told.json, story.talk.state)
        arrived = len(scene.receiver.of(story.callback_url)) if story.callback_url else 0
        look = Look(scene.target.now(), word, told, arrived)
        story.looks.append(look)
        story.ended = story.ended or any(state.terminal for state in scene.states(word))
        return look

    def results(self, story: Story) -> list[Any]:
        """What stands in the places of results of a job as it was last seen."""
        told = story.last.told if story.last else story.told
        if story.talk.made is not None:
            told = self._scene.send(self._made(story))
        return [value for place in story.talk.results for value in found(told.json, place) if value]

    def _made(self, story: Story) -> Ask:
        link = self._scene.links.find(story.submit, story.told, story.talk.made or "")
        if link is None:
            raise LeftOut(f"no link leads from {story.submit.id} to {story.talk.made}")
        return self._scene.links.follow(link, story.asked, story.told)

    def words(self, story: Story) -> Iterator[tuple[Look, tuple[State, ...]]]:
        """Every look with the states that its word may mean."""
        for look in story.looks:
            yield look, self._scene.states(look.word)
