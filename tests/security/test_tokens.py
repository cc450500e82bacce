"""The token of the control API: never short, never guessed, and no cookie that anybody could make."""

import asyncio
from http.cookies import SimpleCookie

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mockreel.engine.accounts.account import KeyEntry
from mockreel.errors import OptionError
from mockreel.server.access_guard import Guard
from mockreel.server.access_token import MOST_OF_ALL, MOST_OF_ONE, MOST_PASSES, Guesses, Token, check_token
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server

TOKEN = "a-token-of-24-signs-here"


@pytest.mark.parametrize(
    "token", ["", " ", "short", "x" * 15, " " * 30, "sixteen signs or so", "ü" * 20, "a\nb" * 10, "a\t" * 9]
)
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_token_that_can_be_guessed_is_refused_at_the_start(token: str, host: str) -> None:
    """With a sentence that says how to make one, and not what was given."""
    with pytest.raises(OptionError) as refused:
        Server(Options(providers=("runflow",), host=host, token=token, keys=(KeyEntry("a-key", "mine"),)))

    assert "token_urlsafe" in str(refused.value)
    assert not token.strip() or token not in str(refused.value)


def test_a_guard_refuses_it_too() -> None:
    """Put together by hand."""
    with pytest.raises(OptionError):
        Guard(PlainTextResponse("in"), token="")


def test_a_long_token_is_accepted() -> None:
    """And none at all, on loopback."""
    check_token(TOKEN)
    check_token(None)


class Guarded:
    """A guarded application, and sleepers that wake on request."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.slept: list[float] = []
        app = Starlette(routes=[Route("/_mockreel/clock", lambda _: PlainTextResponse("in"))])
        self.guard = Guard(app, hosts=None, token=TOKEN, guesses=Guesses(sleep=self._sleep))

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.woken.wait()

    def client(self, peer: str = "10.0.0.1") -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(self.guard, client=(peer, 1))
        return httpx2.AsyncClient(transport=transport, base_url="http://mock.test")


async def _guess(guarded: Guarded, token: str, peer: str = "10.0.0.1") -> int:
    async with guarded.client(peer) as client:
        return (await client.get("/_mockreel/clock", headers={"authorization": f"Bearer {token}"})).status_code


def test_who_guesses_waits_and_is_not_even_looked_at() -> None:
    """Each wrong guess waits; of those that come meanwhile none is looked at, not even the right one."""

    async def guess() -> tuple[list[int], list[int]]:
        guarded = Guarded()
        waiting = [asyncio.ensure_future(_guess(guarded, f"wrong-{n}")) for n in range(MOST_OF_ONE)]
        while len(guarded.slept) < MOST_OF_ONE:
            await asyncio.sleep(0)
        meanwhile = [
            await _guess(guarded, "another"),
            await _guess(guarded, TOKEN),
            await _guess(guarded, TOKEN, "10.0.0.2"),
        ]
        guarded.woken.set()
        return meanwhile, [*await asyncio.gather(*waiting), await _guess(guarded, TOKEN)]

    meanwhile, after = asyncio.run(guess())
    assert meanwhile == [429, 429, 200]
    assert after == [403] * MOST_OF_ONE + [200]


def test_many_peers_together_are_bounded_too() -> None:
    """And nothing is left of those that no longer wait."""

    async def guess() -> tuple[int, int]:
        guarded = Guarded()
        waiting = [asyncio.ensure_future(_guess(guarded, "wrong", f"10.1.0.{n}")) for n in range(MOST_OF_ALL)]
        while len(guarded.slept) < MOST_OF_ALL:
            await asyncio.sleep(0)
        status = await _guess(guarded, "wrong", "10.2.0.1")
        guarded.woken.set()
        await asyncio.gather(*waiting)
        return status, len(guarded.guard._guesses._waiting)

    assert asyncio.run(guess()) == (429, 0)


def test_the_login_of_the_page_is_slow_for_guesses_too() -> None:
    """A wrong token in the form waits as one in a header does; the right one gives a cookie."""

    async def enter() -> tuple[int, int, str]:
        guarded = Guarded()
        async with guarded.client() as client:
            wrong = asyncio.ensure_future(client.post("/_mockreel/page/enter", data={"token": "wrong"}))
            while not guarded.slept:
                await asyncio.sleep(0)
            guarded.woken.set()
            right = await client.post("/_mockreel/page/enter", data={"token": TOKEN})
            return (await wrong).status_code, right.status_code, right.headers["set-cookie"]

    wrong, right, cookie = asyncio.run(enter())
    assert (wrong, right) == (403, 303)
    assert "HttpOnly" in cookie
    assert TOKEN not in cookie


def test_no_two_browsers_have_the_same_cookie() -> None:
    """It is drawn, belongs to one server, and the oldest are forgotten."""
    token, other = Token(TOKEN), Token(TOKEN)
    first, second = token.new_pass(), token.new_pass()

    assert first != second
    assert token.knows(first)
    assert not other.knows(first)
    assert not token.knows("")
    for _ in range(MOST_PASSES):
        token.new_pass()
    assert not token.knows(first)


def test_an_empty_post_to_the_login_lets_nobody_in() -> None:
    """Nor does the cookie of another server."""

    async def ask() -> list[int]:
        guarded = Guarded()
        guarded.woken.set()
        async with guarded.client() as client:
            entered = await client.post("/_mockreel/page/enter", content=b"")
            cookie = SimpleCookie({"mockreel-pass": Token(TOKEN).new_pass()}).output(header="").strip()
            requested = await client.get("/_mockreel/clock", headers={"cookie": cookie})
            return [entered.status_code, requested.status_code]

    assert asyncio.run(ask()) == [403, 403]
