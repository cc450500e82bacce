"""Unmodified clients that others published, against a served mock server: `python speak.py READY_FILE`.

Run by `nox -s clients`. Nothing of the kit is imported here: the clients run in an environment of their own.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aimlapi import AIMLAPI
from openai import AuthenticationError, BadRequestError
from runninghub_sdk import RunningHubClient
from runninghub_sdk.exceptions import RunningHubError

IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(64)


def runninghub(url: str, key: str) -> None:
    """`runninghub_sdk`: upload, price, a standard model, a workflow, a cancellation, an error response, a wrong key."""
    client = RunningHubClient(key, base_url=url)
    uploaded = client.upload_image(IMAGE)
    endpoint = "rhart-video-v3.1-lite-official/image-to-video"
    payload = {"prompt": "a tram at dusk", "imageUrl": uploaded["downloadUrl"], "duration": "4", "resolution": "720p"}
    expect("a price per second", client.preview_model_price(endpoint, payload).estimated_price, 1.26)

    task = client.run_model_api(endpoint, payload)
    done = client.wait_for_query_v2_completion(task.task_id)
    expect("a task that succeeds", done.status.value, "SUCCESS")

    workflow = client.run("1904136902449209346")
    expect("outputs of a workflow", len(client.wait_for_completion(workflow.task_id)), 1)
    client.cancel(client.run("1904136902449209346").task_id)

    refused = client.run_model_api(endpoint, {"prompt": "no image"})
    expect("a refusal in a 200", refused.error_code, "1007")
    expect_raised("a wrong key", RunningHubError, RunningHubClient("invalid", base_url=url).get_account_status)


def aimlapi(url: str, key: str) -> None:
    """`aimlapi-sdk-python`: generate and poll, download, a wrong model, a wrong key."""
    videos = AIMLAPI(api_key=key, base_url=f"{url}/v1").videos
    seen: list[Any] = []
    videos.generate_with_polling(
        model="google/veo-3.1-t2v-fast",
        prompt="a baker opens the oven",
        duration=8,
        poll_interval=0.2,
        status_callback=lambda status: seen.append(status.get("status")),
    )
    expect("the states of a generation", sorted(set(seen)), ["completed", "generating", "queued"])
    clip = videos.generate_with_polling(
        model="google/veo-3.1-lite-generate-001", prompt="again", poll_interval=0.2, return_bytes=True
    )
    expect("a clip", clip[4:8], b"ftyp")
    expect_raised(
        "an unknown model", BadRequestError, lambda: videos.generate_with_polling(model="no-such-model", prompt="x")
    )
    wrong = AIMLAPI(api_key="invalid", base_url=f"{url}/v1").videos
    expect_raised(
        "a wrong key",
        AuthenticationError,
        lambda: wrong.generate_with_polling(model="google/veo-3.1-t2v-fast", prompt="x"),
    )


def expect(what: str, came: Any, wanted: Any) -> None:
    if came != wanted:
        sys.exit(f"{what}: {came!r} came, {wanted!r} was wanted")
    print(f"  {what}: as expected")


def expect_raised(what: str, kind: type[Exception], call: Callable[[], Any]) -> None:
    try:
        call()
    except kind:
        print(f"  {what}: as expected")
        return
    sys.exit(f"{what}: nothing was raised, {kind.__name__} was wanted")


if __name__ == "__main__":
    ready = json.loads(Path(sys.argv[1]).read_text())
    for speak in (runninghub, aimlapi):
        print(speak.__name__)
        speak(ready[speak.__name__]["url"], ready[speak.__name__]["key"])
