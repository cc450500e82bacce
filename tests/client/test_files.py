"""Files: what a job made is fetched whole or not at all, and what it is to work on is brought to the provider."""

from pathlib import Path

import httpx2
import pytest
from support.client_rig import MODES, WORK, Trickle, rigged

from mockreel.client import DeadlineExceeded, FileRefused, NotOffered, NotReached, ReplyNotUnderstood, Result
from mockreel.errors import OptionError

mode = pytest.mark.parametrize("mode", MODES)
CDN = "https://cdn.example/clip.mp4"


@mode
@pytest.mark.parametrize(
    ("name", "field"),
    [("runflow", "image_url"), ("runninghub", "imageUrl")],
)
def test_what_was_uploaded_can_be_worked_on(name: str, field: str, mode: str, tmp_path: Path) -> None:
    """Its URL can be used in a model's input, after any steps."""
    models = {
        "runflow": "google/veo3.1/fast/image-to-video",
        "runninghub": "rhart-video-v3.1-lite-official/image-to-video",
    }
    (tmp_path / 'boat "1".png').write_bytes(b"\x89PNG" + bytes(60))
    fields = {"prompt": "it floats", "duration": 6, "resolution": "720p"}
    with rigged(name, mode) as rig:
        client = rig.client()
        uploaded = client.upload(tmp_path / 'boat "1".png')
        assert client.run(models[name], {**fields, field: uploaded.url}).urls


def test_an_upload_that_is_not_offered_names_the_alternative() -> None:
    """Nothing is sent."""
    with rigged("aimlapi") as rig:
        with pytest.raises(NotOffered, match=r"documents no upload.*data: URI"):
            rig.client().upload(__file__)
        assert rig.sent == []


@mode
def test_a_partial_file_is_never_accepted_as_complete(mode: str, tmp_path: Path) -> None:
    """A broken download is repeated; an existing file stays until a complete one replaces it."""
    target = tmp_path / "clip.mp4"
    target.write_bytes(b"old")
    with rigged("runflow", mode) as rig:
        client = rig.client()
        outcome = client.run(*WORK["runflow"])
        rig.tricks = [httpx2.ReadError("reset") for _ in range(5)]
        with pytest.raises(NotReached):
            client.download(outcome, target)
        assert target.read_bytes() == b"old"
        rig.tricks = [httpx2.ReadError("reset"), httpx2.Response(502, text="no")]
        client.download(outcome, target)

    assert target.read_bytes()[4:8] == b"ftyp"
    assert list(tmp_path.iterdir()) == [target]


@mode
def test_an_address_that_has_expired_says_so(mode: str, tmp_path: Path) -> None:
    """The error response is the file host's, not the API's: its signature is not shown."""
    gone = httpx2.Response(403, text="<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
    with rigged("runflow", mode) as rig:
        rig.elsewhere = {f"{CDN}?signature=hush": gone}
        with pytest.raises(FileRefused, match="expired: poll the job for a new one") as at:
            rig.client().download(f"{CDN}?signature=hush", tmp_path / "clip.mp4")

    assert "hush" not in str(at.value)
    assert list(tmp_path.iterdir()) == []


@mode
def test_a_file_is_a_file_whatever_its_content(mode: str, tmp_path: Path) -> None:
    """Even what would be an error response, were it a response of the API."""
    with rigged("runninghub", mode) as rig:
        rig.elsewhere = {CDN: httpx2.Response(200, json={"code": 401, "errorCode": "1002"})}
        rig.client().download(Result(CDN), tmp_path / "answer.json")

    assert b'"code":401' in (tmp_path / "answer.json").read_bytes()


@pytest.mark.parametrize(
    ("url", "content"), [("data:video/mp4;base64,Y2xpcA==", b"clip"), ("data:text/plain,clip%20two", b"clip two")]
)
def test_a_file_inside_the_response_is_saved_from_it(url: str, content: bytes, tmp_path: Path) -> None:
    """A model may give its media as a data: URI."""
    with rigged("runflow") as rig:
        assert rig.client().download(url, tmp_path / "clip").read_bytes() == content


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("data:video/mp4;base64,***", "it is not a readable data: URI"),
        ("data:video/mp4", "it is not a readable data: URI"),
        ("file:///etc/hostname", "not an http or https URL"),
    ],
)
def test_what_is_no_address_is_not_fetched(url: str, says: str, tmp_path: Path) -> None:
    """A response may contain anything."""
    with rigged("runflow") as rig, pytest.raises(ReplyNotUnderstood, match=says):
        rig.client().download(url, tmp_path / "clip")


def test_a_response_without_a_file_is_an_error(tmp_path: Path) -> None:
    """Nothing is saved."""
    with rigged("runflow") as rig:
        rig.elsewhere = {CDN: httpx2.Response(204)}
        with pytest.raises(ReplyNotUnderstood, match="the response was 204 instead of a file"):
            rig.client().download(CDN, tmp_path / "clip")
    assert list(tmp_path.iterdir()) == []


@mode
def test_a_body_that_trickles_ends_with_the_time_that_was_given(mode: str, tmp_path: Path) -> None:
    """However alive the connection is: a response within its own time, a file within the call's."""
    with rigged("runflow", mode) as rig:
        client, clock = rig.client(timeout=25), rig.provider.clock
        body = Trickle(lambda: clock.advance_to(clock.now() + 10))
        rig.elsewhere = {CDN: httpx2.Response(200, stream=body)}
        assert client.download(CDN, tmp_path / "clip").stat().st_size == 20
        rig.elsewhere = {CDN: httpx2.Response(200, stream=body)}
        with pytest.raises(DeadlineExceeded, match="took too long to arrive"):
            client.download(CDN, tmp_path / "late", deadline=70)


@mode
def test_redirects_end(mode: str, tmp_path: Path) -> None:
    """And lead to no other kind of address."""
    with rigged("runflow", mode) as rig:
        rig.elsewhere = {CDN: httpx2.Response(302, headers={"location": CDN})}
        with pytest.raises(ReplyNotUnderstood, match="redirected more than 5 times"):
            rig.client().download(CDN, tmp_path / "clip")
        rig.elsewhere = {CDN: httpx2.Response(302, headers={"location": "file:///etc/hostname"})}
        with pytest.raises(ReplyNotUnderstood, match="not an http or https URL"):
            rig.client().download(CDN, tmp_path / "clip")


def test_what_has_no_file_says_so(tmp_path: Path) -> None:
    """A text, or a job that has not ended."""
    with rigged("runflow") as rig:
        client = rig.client()
        with pytest.raises(OptionError, match="It has no file"):
            client.download(client.poll(client.submit(*WORK["runflow"])), tmp_path / "clip")


def test_an_endless_response_is_not_read_to_its_end() -> None:
    """Memory is finite."""
    with rigged("runflow") as rig:
        rig.tricks = [httpx2.Response(200, content=bytes(33 * 1024 * 1024))]
        with pytest.raises(NotReached, match="larger than 33554432 bytes"):
            rig.client().poll("some-id")
