"""Stories of jobs: begun, polled until they are over, and looked at once more, with every callback that came."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mockreel.conformance.jobs.task_queue import Task
from mockreel.conformance.jobs.wait_times import attempts_after
from mockreel.contract import Model, Operation, State
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.exchanges.exchange import Ask, Told, Who, found
from mockreel.contract.exchanges.links import Link
from mockreel.contract.exchanges.request_builder import placed
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.memory_receiver import Arrival, Behaviour
from mockreel.simulator.in_process.mock_target import LeftOut

if TYPE_CHECKING:
    from mockreel.conformance.check_context import Scene

# How often a job is looked at once more when it has ended.
AFTER_THE_END = 2


class Refused(LeftOut):
    """A submit was refused, so that there is no job to tell of."""


@dataclass(frozen=True, slots=True)
class Start:
    """A job that is to be begun: `behaviours` say how its callbacks are answered, None asks for no callback.

    `burst` looks at it so many times at once; `cancels` asks to cancel it at once.
    """

    talk: JobTalk
    submit: Operation
    model: Model | None = None
    scenario: str | None = None
    behaviours: tuple[Behaviour, ...] | None = None
    burst: int = 0
    cancels: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """One poll: when it was sent and answered, the word that came, and the whole reply.

    `arrived` counts the callbacks that had come before it was sent.
    """

    at: float
    word: Any
    told: Told
    arrived: int
    sent: float


@dataclass
class Story:
    """One job from its submit on; `stopped` says why it was not watched to its end."""

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
    accepted: float  # when the submit was answered
    looks: list[Look] = field(default_factory=list)
    ended: bool = False
    callback_url: str | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    start: Start | None = None
    ended_at: float | None = None
    burst: tuple[Look, ...] = ()
    cancelled: Told | None = None
    made: Told | None = None  # the reply that shows the results, where it is not the poll's
    whole: bool = False  # watched until nothing more was to come
    stopped: str = ""

    @property
    def subject(self) -> str:
        return f"{self.submit.id} {self.model.id}" if self.model else self.submit.id

    @property
    def last(self) -> Look | None:
        return self.looks[-1] if self.looks else None

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        return (self.start.behaviours if self.start else None) or ()


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
        who: Who = "own",
    ) -> Story:
        """Begin a job; `behaviours` say how its callbacks are answered, None asks for no callback.

        Raises:
            LeftOut: it may not be begun here, or it was refused.
        """
        scene = self._scene
        ask, url = self.ask(Start(talk, submit, model, scenario, behaviours))
        ask = replace(ask, who=who)
        began = scene.target.now()
        told = scene.send(ask)
        accepted = scene.target.now()
        if scene.refusals.refused(told):
            raise Refused(f"{submit.id} was refused, so no job could be looked at: {told.shown()[:200]}")
        link = scene.links.find(submit, told, talk.poll)
        poll = replace(scene.links.follow(link, ask, told), who=who) if link else None
        id_ = scene.links.id(link, ask, told) if link else None
        return Story(talk, submit, model, scenario, ask, told, link, poll, id_, began, accepted, callback_url=url)

    def ask(self, start: Start) -> tuple[Ask, str | None]:
        """The request that begins a job, with what it may carry beside its input, and the URL of its callbacks."""
        scene, url = self._scene, None
        ask = scene.requests.good(start.submit, start.model)
        carried = start.talk.promises.carries
        if carried and isinstance(ask.json, dict):
            ask = ask.with_json(placed(ask.json, "", carried))
        if start.behaviours is not None:
            ask, url = scene.with_callback(ask, start.behaviours)
        if start.scenario is not None:
            ask = replace(ask, headers={**ask.headers, "prefer": f"scenario={start.scenario}"})
        return ask, url

    def tell(self, start: Start, group: list[Story]) -> Task:
        """Begin a job and watch it until nothing more is to come; what was seen is in `group` from the first moment on.

        Raises:
            LeftOut: it may not be begun here, or it was refused.
        """
        story = self.begin(start.talk, start.submit, start.model, scenario=start.scenario, behaviours=start.behaviours)
        story.start = start
        group.append(story)
        return self._watched(story, start)

    def _watched(self, story: Story, start: Start) -> Task:
        try:
            story.burst = tuple(look for look in (self.look(story) for _ in range(start.burst)) if look)
            if start.cancels:
                self._cancel(story)
            yield from self._until_the_end(story)
            yield from self._until_told(story)
            story.whole = True
        except MockreelError as reason:
            story.stopped = str(reason)
        except GeneratorExit:
            seconds = self._scene.target.now() - story.began
            story.stopped = f"the time was up {seconds:.0f} s after it began"
            raise
        finally:
            if story.callback_url is not None:
                story.arrivals = self._scene.receiver.of(story.callback_url)

    def _cancel(self, story: Story) -> None:
        ask = self.cancellation(story)
        if ask is not None:
            story.cancelled = self._scene.send(ask)

    def cancellation(self, story: Story) -> Ask | None:
        """The request that cancels a job, or None where no link leads to it."""
        scene = self._scene
        link = scene.links.find(story.submit, story.told, scene.contract.conversation.cancel or "")
        if link is None:
            return None
        ask = scene.links.follow(link, story.asked, story.told)
        return replace(ask, who="admin") if link.to.admin else ask

    def _until_the_end(self, story: Story) -> Task:
        """Look again and again until the job is over, and a few times more."""
        scene, more = self._scene, AFTER_THE_END
        while story.poll is not None:
            self.look(story)
            age = scene.target.now() - story.began
            if story.ended:
                more -= 1
            if more < 0 or (not story.ended and age > scene.waits.patience):
                return
            yield self._pause(story, age)

    def _pause(self, story: Story, age: float) -> float:
        """Until the next look: soon, except for a job that is only there for its callbacks."""
        step = self._scene.waits.step(age)
        alone = not self._scene.own and story.behaviours not in ((), (200,)) and not story.ended
        return max(step, 2.0) if alone else step

    def _until_told(self, story: Story) -> Task:
        """Wait for every attempt that the policy makes, and a while longer for one that it does not make."""
        if story.callback_url is None or story.talk.told is None or not story.ended:
            return
        scene, url = self._scene, story.callback_url
        policy = scene.contract.callbacks.policies[story.talk.told.policy]
        wanted = attempts_after(policy, story.behaviours)
        until = scene.target.now() + scene.waits.grace
        seen = 0
        while scene.target.now() < until:
            came = scene.receiver.of(url)
            if len(came) > seen:
                seen = len(came)
                more = scene.waits.delivery(policy, story.behaviours) if seen < wanted else 0.0
                until = came[-1].at + more + scene.waits.after(policy, seen)
            yield max(0.05, min(until - scene.target.now(), 2.0 if scene.own else 0.25))

    def look(self, story: Story) -> Look | None:
        """Poll once."""
        scene = self._scene
        if story.poll is None:
            return None
        arrived = len(scene.receiver.of(story.callback_url)) if story.callback_url else 0
        sent = scene.target.now()
        told = scene.send(story.poll)
        look = Look(scene.target.now(), scene.word(story.talk, told), told, arrived, sent)
        story.looks.append(look)
        if not story.ended and any(state.terminal for state in scene.states(look.word)):
            story.ended, story.ended_at = True, look.at
        return look

    def results(self, story: Story) -> list[Any]:
        """What stands in the places of results of a job as it was last seen."""
        told = self.shown(story)
        return [value for place in story.talk.results for value in found(told.json, place) if value]

    def shown(self, story: Story) -> Told:
        """The reply that shows the results of a job as it was last seen."""
        if story.talk.made is None:
            return story.last.told if story.last else story.told
        if story.made is None:
            story.made = self._scene.send(self._made(story))
        return story.made

    def _made(self, story: Story) -> Ask:
        link = self._scene.links.find(story.submit, story.told, story.talk.made or "")
        if link is None:
            raise LeftOut(f"no link leads from {story.submit.id} to {story.talk.made}")
        return self._scene.links.follow(link, story.asked, story.told)

    def words(self, story: Story) -> Iterator[tuple[Look, tuple[State, ...]]]:
        """Every look with the states that its word may mean."""
        for look in story.looks:
            yield look, self._scene.states(look.word)
