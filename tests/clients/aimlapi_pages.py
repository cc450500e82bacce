"""The bodies of the samples on 28 of AI/ML API's pages, with other texts and addresses.

The pages are not among the documents that MOCKREEL_DOCS names, so their bodies are written here.
"""

from collections.abc import Iterator
from typing import Any

from clients.documented_sample import DocumentedSample

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


def written_samples() -> Iterator[DocumentedSample]:
    """Each of them as a sample."""
    for samples, misfit in ((SAMPLES, ""), (BROKEN, "its own page's schema does not allow it")):
        for vendor, model, body in samples:
            path = f"/v2/generate/video/{vendor}/generation" if vendor else "/v2/video/generations"
            yield DocumentedSample(
                document="pages of aimlapi/api-docs",
                what=f"{path} {model}",
                provider="aimlapi",
                path=path,
                body={"model": model, **body},
                misfit=misfit,
            )
