"""The samples on AI/ML API's own pages: what they send is taken where they send it, and polls as they read it.

The bodies are those of the samples of 28 pages, with other texts and addresses.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from staging import Caller, MakeSimulator

from mockreel.simulator.simulator import Simulator

Sample = tuple[str, str, dict[str, Any]]

MANY, EFFECTS = "kling-video/v1.6/standard/multi-image-to-video", "klingai/kling-video-v1.6-standard-effects"
TEXT = "Mona Lisa puts on glasses."
IMAGE, VIDEO, SOUND = (f"https://example.com/a.{suffix}" for suffix in ("png", "mp4", "mp3"))
MOVING = {"prompt": TEXT, "image_url": IMAGE}
SPEECH = {"lip_sync_tts_content": TEXT, "lip_sync_tts_speaker": "Oliver"}
FRAMES = {"frame0": {"type": "image", "url": IMAGE}, "frame1": {"type": "image", "url": IMAGE}}
ACTING = {"character": {"type": "image", "url": IMAGE}, "reference": {"type": "video", "url": VIDEO}}

# By the vendor whose older route the sample calls, or "" for the present one.
SAMPLES: tuple[Sample, ...] = (
    ("", MANY, {"prompt": TEXT, "image_list": [IMAGE] * 3, "duration": "5"}),
    ("", "kling-video/v1.6/pro/text-to-video", {"prompt": TEXT, "aspect_ratio": "16:9", "duration": "5"}),
    ("", "kling-video/v1/standard/text-to-video", {"prompt": TEXT, "aspect_ratio": "16:9", "duration": 5}),
    ("", "kling-video/v1/pro/image-to-video", {**MOVING, "duration": "5"}),
    ("", "bytedance/omnihuman/v1.5", {"image_url": IMAGE, "audio_url": SOUND}),
    ("", "bytedance/seedance-2-0", {**MOVING, "duration": "8"}),
    ("", "bytedance/seedance-2-0", {"prompt": TEXT, "image_urls": [IMAGE], "audio_urls": [SOUND]}),
    ("", "alibaba/wan2.2-vace-fun-a14b-depth", {"prompt": TEXT, "video_url": VIDEO, "resolution": "720p"}),
    ("", "alibaba/wan2.2-vace-fun-a14b-inpainting", {"prompt": TEXT, "video_url": VIDEO, "resolution": "720p"}),
    ("", "alibaba/wan3.0-video", {**MOVING, "duration": 5}),
    ("", "minimax/h3-max", {**MOVING, "duration": 6}),
    ("", "google/gemini-omni-1.1-flash", {**MOVING, "duration": "8"}),
    ("", "google/veo-3.1-reference-to-video", {"prompt": TEXT, "image_urls": [IMAGE] * 3}),
    ("", "google/veo-3.1-first-last-image-to-video", {**MOVING, "last_image_url": IMAGE}),
    ("", "beeble/switchx-video-to-video", {"prompt": TEXT, "video_url": IMAGE}),
    ("", "pixverse/lip-sync", {"video_url": VIDEO, **SPEECH}),
    ("", "pixverse/v5/image-to-video", {**MOVING, "tail_image_url": IMAGE, **SPEECH, "duration": 5}),
    ("", "luma/ray-2", {"prompt": TEXT, "keyframes": FRAMES, "duration": "5"}),
    ("google", "veo2/image-to-video", {**MOVING, "duration": "5"}),
    ("google", "google/veo3", {"prompt": TEXT}),
    ("alibaba", "wan/v2.1/1.3b/text-to-video", {"prompt": TEXT}),
    ("bytedance", "bytedance/seedance-1-0-pro-t2v", {"prompt": TEXT}),
    ("bytedance", "bytedance/seedance-1-0-lite-i2v", {**MOVING, "duration": "5"}),
    ("kling", EFFECTS, {"image_url": [IMAGE] * 2, "duration": 5, "effect_scene": "kiss"}),
    ("minimax", "video-01", {"prompt": TEXT, "first_frame_image": IMAGE}),
    ("minimax", "video-01-live2d", {"prompt": TEXT, "first_frame_image": IMAGE}),
    ("minimax", "minimax/hailuo-02", {"prompt": TEXT, "first_frame_image": IMAGE}),
    ("pixverse", "pixverse/v5/transition", {**MOVING, "tail_image_url": IMAGE, "duration": 8}),
    ("runway", "gen3a_turbo", {**MOVING, "ratio": "16:9"}),
    ("runway", "runway/gen4_aleph", {"prompt": TEXT, "video_url": VIDEO}),
    ("runway", "runway/act_two", {**ACTING, "frame_size": "1280:720", "body_control": True, "expression_intensity": 3}),
)  # fmt: skip
# Two that the schema of their own page does not allow.
BROKEN: tuple[Sample, ...] = (
    ("", MANY, {"prompt": TEXT, "image_urls": [IMAGE] * 3, "duration": "5"}),
    ("", "alibaba/wan2.2-vace-fun-a14b-depth", MOVING),
)  # fmt: skip


@pytest.fixture
def simulator(make_simulator: MakeSimulator) -> Simulator:
    return make_simulator(names=["aimlapi"])


def submit(caller: Caller, sample: Sample) -> tuple[str, int, Any]:
    """Where a sample is sent, and what comes back."""
    vendor, model, body = sample
    path = f"/v2/generate/video/{vendor}/generation" if vendor else "/v2/video/generations"
    told = caller("POST", path, {"model": model, **body})
    return path, told.status, told.json


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample[0]}:{sample[1]}")
def test_a_sample_of_a_page_is_taken(
    simulator: Simulator, ask: Callable[..., Caller], run: Callable[[Awaitable[Any]], Any], sample: Sample
) -> None:
    """It polls where it submitted, and finds one video: a list of addresses at Runway's older route, else an object."""
    caller = ask("aimlapi")
    path, status, submitted = submit(caller, sample)
    assert status in {200, 201}, submitted
    id_ = submitted["generation_id" if sample[0] == "minimax" else "id"]
    assert submitted["status"] == "queued"

    run(simulator.advance(10))
    done = caller("GET", f"{path}?generation_id={id_}").json

    assert (done["id"], done["status"]) == (id_, "completed")
    url = done["video"][0] if sample[0] == "runway" else done["video"]["url"]
    assert url.endswith(".mp4")


@pytest.mark.parametrize("sample", BROKEN, ids=lambda sample: sample[1])
def test_a_sample_that_breaks_its_own_pages_schema_is_refused(ask: Callable[..., Caller], sample: Sample) -> None:
    assert submit(ask("aimlapi"), sample)[1] == 400
