"""httpx, synchronous and asynchronous."""

import asyncio

import httpx

URL = "https://api.runflow.io/v1/models/google/veo3.1/lite/runs"
KEY = {"Authorization": "Bearer rf_live_program"}
BODY = {"input": {"prompt": "A kite over the dunes."}}


async def again() -> int:
    async with httpx.AsyncClient(headers=KEY) as client:
        return (await client.post(URL, json=BODY)).status_code


print("submitted", httpx.post(URL, headers=KEY, json=BODY).status_code, asyncio.run(again()))
