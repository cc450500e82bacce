"""The nearest file is chosen, and its differences from the request are listed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.engine.artifacts.media import Clip, ClipRequest, pick
from mockreel.engine.artifacts.media.clip_pack import CLIPS

LENGTHS = [4.0, 6.0, 8.0]
SIZES = {
    ("720p", "16:9"): (1280, 720),
    ("720p", "9:16"): (720, 1280),
    ("1080p", "16:9"): (1920, 1080),
    ("1080p", "9:16"): (1080, 1920),
    ("4k", "16:9"): (3840, 2160),
    ("4k", "9:16"): (2160, 3840),
}

words = st.one_of(
    st.none(),
    st.sampled_from(["720p", "1080P", "4K", "1280x720", "auto", "16:9", "0:0", "0x0", "99k", "1:0.001", "hd"]),
    st.text(max_size=60),
    st.from_regex(r"\A[0-9]{1,6}[px:k*.]?[0-9]{0,6}\Z"),
)
wishes = st.builds(
    ClipRequest,
    st.one_of(st.sampled_from(["video", "image", "audio", "3d", "text", "string"]), st.text(max_size=5)),
    st.none() | st.floats(),
    words,
    words,
    st.none() | st.booleans(),
    st.none() | st.sampled_from(["png", "JPEG", "mp4", ".wav", "obj"]) | st.text(max_size=30),
)


@pytest.mark.parametrize("seconds", LENGTHS)
@pytest.mark.parametrize("sound", [True, False])
@pytest.mark.parametrize(("shape", "sides"), SIZES.items())
def test_what_the_covered_models_make_is_there_exactly(
    seconds: float, sound: bool, shape: tuple[str, str], sides: tuple[int, int]
) -> None:
    """Three sizes, two orientations, three lengths, with and without sound."""
    clip = pick(ClipRequest("video", seconds, *shape, sound=sound))

    assert (clip.width, clip.height, clip.seconds, clip.sound) == (*sides, seconds, sound)
    assert (clip.exact, clip.difference, clip.mime, clip.suffix) == (True, "", "video/mp4", ".mp4")


@pytest.mark.parametrize("aspect", ["16:9", "9:16"])
def test_an_extension_of_seven_seconds_is_there(aspect: str) -> None:
    """Models that extend a film add seven seconds at 720p."""
    assert pick(ClipRequest("video", 7, "720p", aspect)).exact


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        (ClipRequest("video", 12, "480p"), "requested 12 s at 480p; the pack has 10 s at 720p"),
        (ClipRequest("video", 12, "720p"), "requested 12 s; the pack has 10 s"),
        (ClipRequest("video", 8, "768P", "16:9"), "requested 768P; the pack has 720p"),
        (ClipRequest("video", 7, "4k", "9:16"), "requested 7 s; the pack has 6 s"),
        (ClipRequest("video", 5, "720p", "21:9"), "requested 21:9; the pack has 16:9"),
        (ClipRequest("video", 5, "1080p", "1:1"), "requested 1080p; the pack has 720p"),
        (ClipRequest("video", 8, "1920x1088"), "requested 1920x1088; the pack has 1080p"),
        (ClipRequest("video", 8, "sharp", "wide"), "requested sharp, wide; the pack has 720p, 16:9"),
        (ClipRequest("video", 8, "a\r\nb: c"), r"requested 'a\r\nb: c'; the pack has 720p"),
        (ClipRequest("video", 8, "7" * 100), f"requested '{'7' * 20}'; the pack has 720p"),
        (ClipRequest("video", math.nan), "requested nan s; the pack has 8 s"),
        (ClipRequest("video", -1), "requested -1 s; the pack has 4 s"),
        (ClipRequest("image", resolution="4K", aspect="3:2"), "requested 4K; the pack has 1k"),
        (ClipRequest("image", aspect="4:3", format="webp"), "requested 4:3; the pack has 1:1"),
        (ClipRequest("image", format="tiff"), "requested tiff; the pack has png"),
        (ClipRequest("audio", 6, format="flac"), "requested 6 s, flac; the pack has 5 s, mp3"),
        (ClipRequest("hologram"), "requested hologram; the pack has video"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_nearest_says_what_it_is_not(expected: ClipRequest, says: str) -> None:
    """Only differences are named, with the requested and the actual value."""
    clip = pick(expected)

    assert (clip.exact, clip.difference) == (False, says)


@pytest.mark.parametrize(
    ("expected", "file"),
    [
        (ClipRequest("video"), "video-720p-16x9-8s.mp4"),
        (ClipRequest("video", 5, "AUTO", "auto"), "video-720p-16x9-5s.mp4"),
        (ClipRequest("video", 8, "FHD", "portrait"), "video-1080p-9x16-8s.mp4"),
        (ClipRequest("video", 8, "1080*1920"), "video-1080p-9x16-8s.mp4"),
        (ClipRequest("video", 8, " 2160P "), "video-4k-16x9-8s.mp4"),
        (ClipRequest("video", 5, "720p", "960x960"), "video-720p-1x1-5s.mp4"),
        (ClipRequest("image"), "image-1k-1x1.png"),
        (ClipRequest("image", resolution="1K", aspect="9:16", format="webp"), "image-1k-9x16.webp"),
        (ClipRequest("image", 8, resolution="1024x1024", format="JPEG"), "image-1k-1x1.jpg"),
        (ClipRequest("image", aspect="21:9"), "image-1k-21x9.png"),
        (ClipRequest("audio", 10), "audio-10s.mp3"),
        (ClipRequest("audio", format="wav"), "audio-1s.wav"),
        (ClipRequest("3d", 8, "720p", "16:9"), "3d.glb"),
        (ClipRequest("string"), "text.txt"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_exact_match_has_no_note(expected: ClipRequest, file: str) -> None:
    """Values that are not requested, left to the server, or meaningless for the kind are no difference."""
    clip = pick(expected)

    assert (clip.file, clip.exact, clip.difference) == (file, True, "")


def test_the_name_tells_a_silent_film_from_a_sounding_one() -> None:
    """Both come from one file, and must not be confused."""
    names = [pick(ClipRequest("video", 6, sound=sound)).name for sound in (True, None, False)]

    assert names == ["video-720p-16x9-6s", "video-720p-16x9-6s", "video-720p-16x9-6s-silent"]


@given(wishes)
def test_every_preference_has_a_file(wanted: ClipRequest) -> None:
    """Words are untrusted: none fails, and the note about them fits into a header."""
    clip: Clip = pick(wanted)

    assert (CLIPS / clip.file).is_file()
    assert clip.exact == (clip.difference == "")
    assert clip.difference.isascii()
    assert clip.difference.isprintable()
    assert len(clip.difference) < 300
