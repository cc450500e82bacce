"""Lists with something in them: cut to the limit, led on by cursors, in the order and with the filter asked for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import Story
from mockreel.contract import Operation
from mockreel.contract.conversation.promises import Paged
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import Ask, Told, first
from mockreel.contract.exchanges.problem import Problem

SMALL, PAGES, MOST_PAGES = 2, 3, 20


def _lists(scene: Scene) -> Iterator[tuple[Operation, Paged]]:
    for name, paged in scene.contract.conversation.lists.items():
        yield scene.contract.operation(name), paged


def _known(*fields: str) -> Callable[[Scene], bool]:
    """Whether a list has all of these."""

    def known(scene: Scene) -> bool:
        return any(all(getattr(paged, name) for name in fields) for _, paged in _lists(scene))

    return known


def _talks_of_jobs(scene: Scene) -> bool:
    return any(paged.jobs for _, paged in _lists(scene))


def _fact(scene: Scene, operation: Operation, paged: Paged, says: str) -> Fact:
    return scene.facts.fact(f"{operation.id} {says}", f"conversation.yaml lists {operation.id}", paged.evidence)


def _ask(scene: Scene, operation: Operation, **query: str | int) -> Ask:
    return replace(scene.requests.good(operation), query=urlencode({name: str(value) for name, value in query.items()}))


def _entries(paged: Paged, told: Told) -> list[Any]:
    value = first(told.json, paged.items)
    return value if isinstance(value, list) else []


def _names(paged: Paged, entries: list[Any]) -> list[Any]:
    return [first(entry, paged.id) if paged.id else entry for entry in entries]


def _whole(scene: Scene, operation: Operation, paged: Paged) -> tuple[Ask, list[Any]]:
    """The list as it comes when nothing is asked of it."""
    ask = _ask(scene, operation)
    return ask, _entries(paged, scene.send(ask))


@check("list.limit", "A list is as long as the limit asks for.", level="jobs", uses=(PLAIN,), known=_known("limit"))
def keeps_the_limit(scene: Scene) -> Iterator[Problem]:
    for operation, paged in _lists(scene):
        if paged.limit is None:
            continue
        _, every = _whole(scene, operation, paged)
        for limit in (1, SMALL) if len(every) > SMALL else ():
            ask = _ask(scene, operation, **{paged.limit: limit})
            told = scene.send(ask)
            scene.judged()
            if len(_entries(paged, told)) != limit:
                fact = _fact(scene, operation, paged, f"gives at most {paged.limit} entries")
                came = f"{len(_entries(paged, told))} entries: {told.shown()[:200]}"
                yield Problem(fact, f"{limit} of {len(every)} entries", came, ask, operation.id)


@check(
    "list.pages", "The pages of a list follow each other without a gap.", level="jobs", uses=(PLAIN,),
    known=_known("limit", "next", "cursor"),
)  # fmt: skip
def pages_follow(scene: Scene) -> Iterator[Problem]:
    for operation, paged in _lists(scene):
        if paged.limit is None or paged.next is None or paged.cursor is None:
            continue
        ask, wanted, came = _compared(scene, operation, paged)
        if came != wanted:  # something new may have come between the pages
            ask, wanted, came = _compared(scene, operation, paged)
        scene.judged(len(wanted) > SMALL)
        if came != wanted:
            fact = _fact(scene, operation, paged, f"goes on where {paged.next} leads to")
            yield Problem(fact, f"{wanted}"[:300], f"{came}"[:300], ask, operation.id)


def _compared(scene: Scene, operation: Operation, paged: Paged) -> tuple[Ask, list[Any], list[Any]]:
    """The names on the first pages, and those that the whole list has from the first of them on."""
    ask, came = _pages(scene, operation, paged)
    _, every = _whole(scene, operation, paged)
    names = _names(paged, every)
    start = names.index(came[0]) if came and came[0] in names else 0
    return ask, names[start : start + SMALL * PAGES], came


def _pages(scene: Scene, operation: Operation, paged: Paged) -> tuple[Ask, list[Any]]:
    """The names on the first pages, one after the other, with the request for the last of them."""
    assert paged.limit is not None
    assert paged.cursor is not None
    ask, came = _ask(scene, operation, **{paged.limit: SMALL}), []
    for _ in range(PAGES):
        told = scene.send(ask)
        came += _names(paged, _entries(paged, told))
        cursor = first(told.json, paged.next or "")
        if not cursor:
            break
        further: dict[str, str | int] = {paged.limit: SMALL, paged.cursor: str(cursor)}
        ask = _ask(scene, operation, **further)
    return ask, came


@check(
    "list.order", "A list comes in the order that is asked for.", level="jobs", uses=(PLAIN,), known=_known("by"),
)  # fmt: skip
def keeps_the_order(scene: Scene) -> Iterator[Problem]:
    for operation, paged in _lists(scene):
        if paged.by is None:
            continue
        for name, order in paged.orders.items() or (("down", ""),):
            parameter = next((one.name for one in operation.query if one.name.startswith("sort")), None)
            query: dict[str, str | int] = {parameter: order} if parameter and order else {}
            ask = _ask(scene, operation, **query)
            values = [str(first(entry, paged.by)) for entry in _entries(paged, scene.send(ask))]
            scene.judged(len(values) > 1)
            if values != sorted(values, reverse=name == "down"):
                fact = _fact(scene, operation, paged, f"comes in the order {order or 'newest first'}")
                yield Problem(fact, f"{paged.by} {name}", ", ".join(values[:8]), ask, operation.id)


@check(
    "list.filter", "A list shows what its filter asks for, and nothing else.", level="jobs", uses=(PLAIN,),
    known=_known("filters"),
)  # fmt: skip
def keeps_the_filter(scene: Scene) -> Iterator[Problem]:
    for operation, paged in _lists(scene):
        _, every = _whole(scene, operation, paged)
        for row in paged.filters.values():
            seen = dict.fromkeys(str(first(entry, row["at"])) for entry in every)
            others = [value for value in _further(scene, operation, row) if value not in seen]
            for value in [*list(seen)[:2], *others[: 3 - min(2, len(seen))]]:
                ask = _ask(scene, operation, **{str(row["name"]): str(row["form"]).format(value=value)})
                told = scene.send(ask)
                values = {str(first(entry, row["at"])) for entry in _entries(paged, told)}
                scene.judged()
                if values - {value} or (value in seen and not values):
                    fact = _fact(scene, operation, paged, f"can be filtered by {row['name']}")
                    came = f"{sorted(values)} in {told.shown()[:200]}"
                    yield Problem(fact, f"entries with {row['at']} {value}", came, ask, operation.id)


def _further(scene: Scene, operation: Operation, row: Mapping[str, Any]) -> list[str]:
    """Values that may be asked for and need not be there: the options of the parameter, or the states of a job."""
    schema: Mapping[str, Any] = next((one.schema for one in operation.query if one.name == row["name"]), {})
    states = {talk.state for talk in scene.contract.conversation.jobs.values()}
    words = [state.word for state in scene.contract.lifecycle.states.values()] if row["at"] in states else []
    return [*map(str, schema.get("enum", ())), *words]


@check(
    "list.complete", "A list shows what was begun.", level="jobs", uses=(PLAIN,), known=_talks_of_jobs,
)  # fmt: skip
def shows_what_was_begun(scene: Scene) -> Iterator[Problem]:
    for operation, paged in _lists(scene):
        if not paged.jobs:
            continue
        begun = [story for story in scene.stories() if story.id is not None and _succeeded(scene, story)]
        wanted = begun[-3:]
        ask, missing = _searched(scene, operation, paged, {str(story.id) for story in wanted})
        for story in wanted:
            scene.judged()
            if str(story.id) in missing:
                fact = _fact(scene, operation, paged, "shows every job of the account")
                yield Problem(fact, f"the job {story.id}", "it is on none of its pages", ask, story.subject)


def _searched(scene: Scene, operation: Operation, paged: Paged, wanted: set[str]) -> tuple[Ask, set[str]]:
    """Which of these ids are on none of the first pages, with the first request."""
    query: dict[str, str | int] = {paged.limit: _most(operation, paged.limit)} if paged.limit else {}
    begun = ask = _ask(scene, operation, **query)
    for _ in range(MOST_PAGES):
        told = scene.send(ask)
        wanted = {id_ for id_ in wanted if f'"{id_}"'.encode() not in told.body}
        cursor = first(told.json, paged.next) if paged.next else None
        if not wanted or not cursor or paged.cursor is None:
            break
        ask = _ask(scene, operation, **query, **{paged.cursor: str(cursor)})
    return begun, wanted


def _most(operation: Operation, name: str) -> int:
    schema = next((one.schema for one in operation.query if one.name == name), {})
    return int(schema.get("maximum", 100))


def _succeeded(scene: Scene, story: Story) -> bool:
    return any(state.kind == "succeeded" for state in scene.states(story.last.word if story.last else None))


@check(
    "list.least", "A list that is never empty has entries of the documented form.", level="reads", known=_known("least")
)
def has_entries(scene: Scene) -> Iterator[Problem]:
    for operation, paged in _lists(scene):
        if paged.least is None:
            continue
        ask = _ask(scene, operation)
        told = scene.try_send(ask)
        if told is None or scene.excused(told, operation):
            continue
        scene.judged()
        names = _names(paged, _entries(paged, told))
        if len(names) < paged.least or not all(names) or len(set(map(str, names))) != len(names):
            fact = _fact(scene, operation, paged, "names what there is, each once")
            yield Problem(
                fact, f"at least {paged.least} entries, each with its name", told.shown()[:300], ask, operation.id
            )


@check("list.models", "A list of models names every model.", level="reads", known=_known("models"))
def names_every_model(scene: Scene) -> Iterator[Problem]:
    for operation, paged in _lists(scene):
        if not paged.models:
            continue
        ask = _ask(scene, operation)
        told = scene.try_send(ask)
        if told is None or scene.excused(told, operation):
            continue
        named = set(map(str, _names(paged, _entries(paged, told))))
        for model in scene.contract.models.values():
            scene.judged()
            if model.id not in named:
                fact = scene.facts.fact(f"{model.id} is a model", f"models.json {model.id}", model.evidence)
                yield Problem(fact, f"{model.id} in the list", f"{len(named)} others", ask, operation.id)


CHECKS: tuple[Check, ...] = (
    has_entries,
    keeps_the_limit,
    pages_follow,
    keeps_the_order,
    keeps_the_filter,
    shows_what_was_begun,
    names_every_model,
)
