"""aiohttp under uvloop, as `uvicorn[standard]` has it, and its own streams: neither reads a proxy variable."""

import asyncio

import aiohttp
import uvloop

URL = "https://api.runflow.io/v1/models/google/veo3.1/lite/runs"
KEY = {"Authorization": "Bearer rf_live_program"}


async def submit() -> int:
    body = {"input": {"prompt": "A kite over the dunes."}}
    async with aiohttp.ClientSession(headers=KEY) as session, session.post(URL, json=body) as reply:
        return reply.status


async def health() -> str:
    reader, writer = await asyncio.open_connection("api.runflow.io", 443, ssl=True)
    writer.write(b"GET /v1/health HTTP/1.0\r\nHost: api.runflow.io\r\n\r\n")
    return (await reader.readline()).decode().split()[1]


print("submitted", uvloop.run(submit()), uvloop.run(health()))
