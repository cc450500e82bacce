"""A test of the app: it asks for a video, advances the mock server's clock, and downloads what the webhook named."""

import json
import os
import urllib.request
from typing import Any

APP, MOCK = os.environ["APP_URL"], os.environ["MOCKREEL_URL"]
TOKEN = os.environ.get("MOCKREEL_TOKEN", "")


def post(url: str, body: object, headers: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def main() -> None:
    video = post(f"{APP}/videos", {"prompt": "A paper boat."})["id"]
    # The job runs through its states, and its webhook reaches the app, within this call.
    post(f"{MOCK}/_mockreel/clock/advance", {"seconds": 60}, {"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(f"{APP}/videos") as response:
        found = json.load(response)[video]
    assert found["status"] == "succeeded", found
    with urllib.request.urlopen(found["url"]) as clip:
        size = len(clip.read())
    assert size > 1000, size
    print(f"passed: {found['url']} has {size} bytes")


if __name__ == "__main__":
    main()
