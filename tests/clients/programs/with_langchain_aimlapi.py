"""`langchain-aimlapi`: its own default model at the older route, another vendor's, Base64, a wrong key."""

from typing import Any

import httpx
from langchain_aimlapi import AimlapiVideoModel
from steps import step, where

url, key = where()


def videos(api_key: str = key, response_format: Any = "url", **options: str) -> Any:
    model = AimlapiVideoModel(api_key=api_key, base_url=f"{url}/v2", **options)
    return model.generate_videos("a baker opens the oven", poll_interval=0.2, response_format=response_format)


step("its default", lambda: videos()[0].endswith(".mp4"))
step("Kling", lambda: videos(provider="kling", model="kling-video/v1.6/standard/text-to-video")[0].endswith(".mp4"))
step("Base64", lambda: len(videos(response_format="b64_json")[0]) > 0)
step("a wrong key", lambda: videos(api_key="invalid"), httpx.HTTPStatusError)
