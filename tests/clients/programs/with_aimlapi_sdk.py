"""`aimlapi-sdk-python`: generate and poll, download, a wrong model, a wrong key."""

from typing import Any

from aimlapi import AIMLAPI
from openai import AuthenticationError, BadRequestError
from steps import step, where

MODEL = "google/veo-3.1-t2v-fast"

url, key = where()
videos = AIMLAPI(api_key=key, base_url=f"{url}/v1").videos
wrong = AIMLAPI(api_key="invalid", base_url=f"{url}/v1").videos


def states() -> list[str]:
    seen: list[Any] = []
    videos.generate_with_polling(
        model=MODEL,
        prompt="a baker opens the oven",
        duration=8,
        poll_interval=0.2,
        status_callback=lambda status: seen.append(status.get("status")),
    )
    return sorted(set(seen))


def clip() -> bytes:
    model = "google/veo-3.1-lite-generate-001"
    got = videos.generate_with_polling(model=model, prompt="again", poll_interval=0.2, return_bytes=True)
    return bytes(got[4:8])


step("the states of a generation", states, ["completed", "generating", "queued"])
step("a clip", clip, b"ftyp")
step("an unknown model", lambda: videos.generate_with_polling(model="no-such-model", prompt="x"), BadRequestError)
step("a wrong key", lambda: wrong.generate_with_polling(model=MODEL, prompt="x"), AuthenticationError)
