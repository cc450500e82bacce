"""Submits and polls over one connection: `python talk.py LIBRARY URL PAUSE_MS POLLS`; prints the statuses."""

import asyncio
import sys
import time
from typing import Any

HEADERS = {"Authorization": "Bearer any-key"}
BODY = {"model": "solo", "input": {"prompt": "x"}}


def plain(library: str, url: str, pause: float, polls: int) -> list[int]:
    """With a client that blocks."""
    module: Any = __import__(library)
    client = module.Session() if library == "requests" else module.Client(trust_env=False)
    with client:
        found = [client.post(f"{url}/v1/jobs", json=BODY, headers=HEADERS).status_code]
        for _ in range(polls):
            time.sleep(pause)
            found.append(client.get(f"{url}/v1/jobs", headers=HEADERS).status_code)
    return found


async def with_aiohttp(url: str, pause: float, polls: int) -> list[int]:
    """With aiohttp."""
    import aiohttp  # noqa: PLC0415

    async with aiohttp.ClientSession(headers=HEADERS) as client:

        async def ask(method: str, **given: Any) -> int:
            async with client.request(method, f"{url}/v1/jobs", **given) as answer:
                await answer.read()
                return answer.status

        found = [await ask("POST", json=BODY)]
        for _ in range(polls):
            await asyncio.sleep(pause)
            found.append(await ask("GET"))
    return found


if __name__ == "__main__":
    library, url, pause, polls = sys.argv[1], sys.argv[2], float(sys.argv[3]) / 1000, int(sys.argv[4])
    told = asyncio.run(with_aiohttp(url, pause, polls)) if library == "aiohttp" else plain(library, url, pause, polls)
    sys.stdout.write(" ".join(map(str, told)))
