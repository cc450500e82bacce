"""Half of a character in any text that a caller gives is the client's own error, before anything is sent."""

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from support.client_rig import MODES, PROVIDERS, WORK, rigged
from support.garbage import collect

from mockreel.client import AsyncClient, Client
from mockreel.client.values import JobRequest
from mockreel.errors import MockreelError
from mockreel.server import serving

HALVES = ("a\ud83d", "\udcff", "a\ude00b", "\ud83dx")
# Arguments that are sent or looked up, by method; what a price is computed of is not sent.
TEXTS: dict[str, Callable[[Any, str, str, dict[str, Any], Path], Any]] = {
    "submit model": lambda client, half, model, sent, _: client.submit(half, sent),
    "submit name": lambda client, half, model, sent, _: client.submit(model, {**sent, half: 1}),
    "submit input": lambda client, half, model, sent, _: client.submit(model, {**sent, "prompt": half}),
    "submit deep input": lambda client, half, model, sent, _: client.submit(model, {**sent, "x": [{"y": [half]}]}),
    "submit callback_url": lambda client, half, model, sent, _: client.submit(model, sent, callback_url=half),
    "submit mark": lambda client, half, model, sent, _: client.submit(model, sent, mark=half),
    "submit idempotency_key": lambda client, half, model, sent, _: client.submit(model, sent, idempotency_key=half),
    "submit extra": lambda client, half, model, sent, _: client.submit(model, sent, extra={"metadata": half}),
    "submit via": lambda client, half, model, sent, _: client.submit(model, sent, via=half),
    "run model": lambda client, half, model, sent, _: client.run(half, sent),
    "quote model": lambda client, half, model, sent, _: client.quote(half, sent),
    "price model": lambda client, half, model, sent, _: client.price(half, sent),
    "poll job": lambda client, half, model, sent, _: client.poll(half),
    "wait job": lambda client, half, model, sent, _: client.wait(half),
    "cancel job": lambda client, half, model, sent, _: client.cancel(half),
    "job id": lambda client, half, model, sent, _: client.job(half),
    "job sort": lambda client, half, model, sent, _: client.job("x", sort=half),
    "find mark": lambda client, half, model, sent, _: client.find(half),
    "download what": lambda client, half, model, sent, to: client.download(f"http://x.invalid/{half}", to / "x"),
    "download data": lambda client, half, model, sent, to: client.download(f"data:,{half}", to / "x"),
    "upload path": lambda client, half, model, sent, to: client.upload(to / half),
    "upload media_type": lambda client, half, model, sent, to: client.upload(_file(to), media_type=half),
    "callback secret": lambda client, half, model, sent, _: client.callback(
        b"{}", {"Runflow-Signature": "0"}, secret=half
    ),
    "callback headers": lambda client, half, model, sent, _: client.callback(
        b"{}", {"Runflow-Signature": half}, secret="x"
    ),
    "callback sort": lambda client, half, model, sent, _: client.callback(b"{}", {}, sort=half),
}
# Not texts of the caller: seconds, a function, and names of files that any bytes may have.
OTHERS = {"deadline", "every", "on_progress", "body", "to", "options"}


def _file(folder: Path) -> Path:
    path = folder / "clip.mp4"
    path.write_bytes(b"x")
    return path


@pytest.mark.parametrize("half", HALVES, ids=ascii)
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("place", TEXTS)
def test_half_of_a_character_is_the_clients_own_error(place: str, provider: str, half: str, tmp_path: Path) -> None:
    """Which can be printed, wherever the text stands; nothing is sent."""
    model, sent = WORK[provider]
    with rigged(provider) as rig, rig.client() as client:
        with pytest.raises(MockreelError) as told:
            TEXTS[place](client, half, model, sent, tmp_path)
        assert str(told.value).encode()
        assert rig.sent == []


@pytest.mark.parametrize("half", HALVES, ids=ascii)
@pytest.mark.parametrize("option", ["key", "base_url"])
def test_a_client_is_not_made_with_half_of_a_character(option: str, half: str) -> None:
    """Nor is a key shown."""
    given: Any = {option: half if option == "key" else f"http://127.0.0.1:1/{half}"}
    with rigged("runflow") as rig, pytest.raises(MockreelError) as told:
        rig.client(**given)

    assert str(told.value).encode()
    assert option != "key" or ascii(half)[1:-1] not in str(told.value)


@pytest.mark.parametrize("mode", MODES)
def test_the_message_says_which_argument_where_and_what_is_valid(mode: str) -> None:
    """The value escaped, as a terminal could not print it."""
    says = (
        r"model: 'google/\\ud83d' is not valid\. It has half of a character .*'\\ud83d' at 7: give whole characters\."
    )
    with rigged("runflow", mode) as rig, pytest.raises(MockreelError, match=says.replace("model", "m.*")):
        rig.client().submit("google/\ud83d", {})


def test_every_text_argument_of_the_client_is_tested() -> None:
    """A new one has to be among them."""
    methods = {place.partition(" ")[0] for place in TEXTS}
    named = {argument for place in TEXTS for argument in place.split(" ")[1:]}
    there = {
        name
        for method in methods
        for name in inspect.signature(getattr(Client, method)).parameters
        if name not in OTHERS | {"self"}
    } | ({*get_type_hints(JobRequest)} - {"params"})

    assert there - named == set()
    assert methods == {name for name, one in vars(Client).items() if name[0] != "_" and callable(one)} - {"close"} | {
        "job",
        "price",
        "callback",
    }


@pytest.mark.parametrize("media_type", ["vidéo/mp4", "a/b\r\nx: y", "a/b\0"])
def test_a_media_type_is_text_of_a_header(media_type: str, tmp_path: Path) -> None:
    """A line end in it would begin another one."""
    with rigged("runflow") as rig, rig.client() as client, pytest.raises(MockreelError, match="use printable ASCII"):
        client.upload(_file(tmp_path), media_type=media_type)


def test_an_asynchronous_client_is_used_in_one_event_loop_after_the_other() -> None:
    """Over real connections, which belong to the loop that opened them; closed in each."""
    with serving("runflow", held=True) as server:
        client = AsyncClient("runflow", key=server.runflow.key, base_url=server.runflow.url)

        async def submit() -> str:
            async with client:
                first = await client.submit(*WORK["runflow"])
                return (await client.poll(first)).job.id

        ids = {asyncio.run(submit()) for _ in range(3)}

    assert len(ids) == 3


def _submitted_in_loops_that_close_nothing(times: int) -> set[str]:
    with serving("runflow", held=True) as server:
        client = AsyncClient("runflow", key=server.runflow.key, base_url=server.runflow.url)
        return {asyncio.run(client.submit(*WORK["runflow"])).id for _ in range(times)}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_that_was_left_open_hinders_no_other_loop() -> None:
    """Without a close in between."""
    ids = _submitted_in_loops_that_close_nothing(3)
    collect()

    assert len(ids) == 3
