"""httpx under trio and under asyncio, without the proxy of its environment."""

import asyncio

import httpx
import trio


async def submit() -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.post(
            "https://api.runflow.io/v1/models/google/veo3.1/lite/runs",
            headers={"Authorization": "Bearer rf_live_program"},
            json={"input": {"prompt": "A kite over the dunes."}},
        )
        return reply.status_code


print("submitted", trio.run(submit), asyncio.run(submit()))
