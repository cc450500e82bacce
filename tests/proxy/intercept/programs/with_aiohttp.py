"""aiohttp with the proxy of its environment, and as it is."""

import asyncio

import aiohttp

URL = "https://api.runflow.io/v1/models/google/veo3.1/lite/runs"
KEY = {"Authorization": "Bearer rf_live_program"}


async def submit(*, trust_env: bool) -> int:
    body = {"input": {"prompt": "A kite over the dunes."}}
    async with (
        aiohttp.ClientSession(trust_env=trust_env, headers=KEY) as session,
        session.post(URL, json=body) as reply,
    ):
        return reply.status


print("submitted", asyncio.run(submit(trust_env=True)), asyncio.run(submit(trust_env=False)))
