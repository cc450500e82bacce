"""`intercept=True`: calls to the providers' real hosts are answered in this process."""

import pytest
from testing.suites import LITE

HOST = "https://api.runflow.io"
# How a test calls the real host with each client: `ask(method, path, body)` gives the status and the bytes.
CLIENTS = {
    "requests": """
import requests
def ask(method, url, body=None, key="k", timeout=10):
    reply = requests.request(method, url, json=body, headers={"Authorization": "Bearer " + key}, timeout=timeout)
    return reply.status_code, reply.content
broken, late = requests.ConnectionError, requests.ReadTimeout
""",
    "httpx": """
import httpx
def ask(method, url, body=None, key="k", timeout=10):
    reply = httpx.request(method, url, json=body, headers={"Authorization": "Bearer " + key}, timeout=timeout)
    return reply.status_code, reply.content
broken, late = httpx.RemoteProtocolError, httpx.ReadTimeout
""",
    "httpx2": """
import httpx2
def ask(method, url, body=None, key="k", timeout=10):
    reply = httpx2.request(method, url, json=body, headers={"Authorization": "Bearer " + key}, timeout=timeout)
    return reply.status_code, reply.content
broken, late = httpx2.RemoteProtocolError, httpx2.ReadTimeout
""",
    "httpx under asyncio": """
import asyncio, httpx
def ask(method, url, body=None, key="k", timeout=10):
    async def speak():
        async with httpx.AsyncClient(timeout=timeout) as client:
            reply = await client.request(method, url, json=body, headers={"Authorization": "Bearer " + key})
            return reply.status_code, reply.content
    return asyncio.run(speak())
broken, late = httpx.RemoteProtocolError, httpx.ReadTimeout
""",
    "httpx under trio": """
import httpx, trio
def ask(method, url, body=None, key="k", timeout=10):
    async def speak():
        async with httpx.AsyncClient(timeout=timeout) as client:
            reply = await client.request(method, url, json=body, headers={"Authorization": "Bearer " + key})
            return reply.status_code, reply.content
    return trio.run(speak)
broken, late = httpx.RemoteProtocolError, httpx.ReadTimeout
""",
    "aiohttp": """
import aiohttp, asyncio
def ask(method, url, body=None, key="k", timeout=10):
    async def speak():
        limit = aiohttp.ClientTimeout(total=timeout)
        async with aiohttp.ClientSession(headers={"Authorization": "Bearer " + key}, timeout=limit) as session:
            async with session.request(method, url, json=body) as reply:
                return reply.status, await reply.read()
    return asyncio.run(speak())
broken, late = (aiohttp.ClientConnectionError, aiohttp.ServerDisconnectedError), asyncio.TimeoutError
""",
}


@pytest.mark.parametrize("client", CLIENTS)
def test_the_real_host_is_answered_here(suite: pytest.Pytester, client: str) -> None:
    """Submit, poll, fetch the result under the host's own name; faults and timeouts as over a socket; then no more."""
    pytest.importorskip("trio" if "trio" in client else "pytest")
    suite.makepyfile(
        CLIENTS[client]
        + f"""
import json, pytest
@pytest.mark.mockreel(intercept=True)
def test_a_run(mockreel):
    key = mockreel.runflow.key
    status, content = ask("POST", "{HOST}{LITE}", {{"input": {{"prompt": "A paper boat."}}}}, key)
    assert status == 201
    mockreel.advance(60)
    status, content = ask("GET", "{HOST}/v1/runs/" + json.loads(content)["id"], key=key)
    run = json.loads(content)
    assert run["status_code"] == "succeeded"
    (output,) = run["output"]["outputs"]
    assert output["url"].startswith("{HOST}/")
    status, clip = ask("GET", output["url"])
    assert status == 200 and len(clip) > 1000
    assert [one.operation for one in mockreel.journal.requests()][:2] == ["create_run", "get_run"]
@pytest.mark.mockreel(intercept=True, faults=["reset; operation=get_health"])
def test_a_reset(mockreel):
    with pytest.raises(broken):
        ask("GET", "{HOST}/v1/health")
@pytest.mark.mockreel(intercept=True, faults=["delay; seconds=30; operation=get_health"])
def test_a_delay(mockreel):
    with pytest.raises(late):
        ask("GET", "{HOST}/v1/health", timeout=0.05)
def test_no_more(mockreel):
    status, _ = ask("GET", mockreel.runflow.url + "/v1/health")
    assert status == 200
    assert mockreel.requested(times=1)
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=4)


def test_a_client_that_is_not_intercepted_is_blocked(suite: pytest.Pytester) -> None:
    """The error says why; other hosts are not affected."""
    suite.makepyfile(
        f"""
import socket, urllib.request, pytest
@pytest.mark.mockreel(intercept=True)
def test_it(mockreel):
    with pytest.raises(OSError, match="api.runflow.io was not called: this client is not intercepted"):
        urllib.request.urlopen("{HOST}/v1/health")
    assert socket.getaddrinfo("localhost", 80)
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=1)
