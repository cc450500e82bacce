"""One range of a file, and the possible responses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.engine.artifacts.media import Ranged, byte_range, etag_of, ranged

BODY = bytes(range(100))
TAG = etag_of(BODY)

sizes = st.integers(1, 10_000)
positions = st.integers(0, 20_000)


@given(positions, positions, sizes)
def test_a_closed_range_is_cut_at_the_end_of_the_file(first: int, last: int, size: int) -> None:
    """Both positions count; a range that begins after the end is empty, one that runs backwards is no range."""
    found = byte_range(f"bytes={first}-{last}", size)

    if last < first:
        assert found is None
    else:
        assert list(found or ()) == list(range(size))[first : last + 1]
        assert found is not None


@given(positions, sizes)
def test_an_open_range_reaches_the_end(first: int, size: int) -> None:
    """`a-` is everything from a."""
    found = byte_range(f"bytes={first}-", size)

    assert found is not None
    assert list(found) == list(range(size))[first:]


@given(positions, sizes)
def test_a_suffix_is_the_last_so_many_bytes(count: int, size: int) -> None:
    """`-n` is at most the whole file, and `-0` is nothing."""
    found = byte_range(f"bytes=-{count}", size)

    assert found is not None
    assert list(found) == list(range(size))[size - min(count, size) :]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=1-0",
        "bytes=0-1,3-4",
        "bytes=+1-2",
        "bytes=\u0661-2",
        "bytes=0-9223372036854775808",
        "bytes=" + "9" * 5000 + "-",
        "items=0-1",
        "bytes=0 - 1",
        "\nbytes=0-1",
    ],
    ids=lambda header: repr(header)[:40],
)
def test_what_is_no_single_range_is_ignored(header: str | None) -> None:
    """The whole file is always a valid response."""
    assert byte_range(header, 100) is None
    assert ranged(BODY, mime="video/mp4", header=header).status == 200


@given(st.text(max_size=40) | st.from_regex(r"\A[bB]ytes ?= ?[0-9]*-[0-9]*\Z"), st.integers(0, 100))
def test_any_header_gives_a_range_within_the_file(header: str, size: int) -> None:
    """Whatever a client sends."""
    found = byte_range(header, size)

    assert found is None or not found or (0 <= found.start < found.stop <= size and found.step == 1)


def test_the_whole_file_says_what_it_is() -> None:
    """200 with type, length, tag, and that ranges are possible."""
    answer = ranged(BODY, mime="video/mp4")

    assert (answer.status, answer.body) == (200, BODY)
    assert answer.headers == {
        "Content-Type": "video/mp4",
        "Content-Length": "100",
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        "ETag": TAG,
    }


@given(st.integers(0, 99), st.integers(0, 150))
def test_a_part_says_where_it_belongs(first: int, length: int) -> None:
    """Parts that are laid side by side give the file again."""
    answer = ranged(BODY, mime="video/mp4", header=f"bytes={first}-{first + length}")
    last = min(first + length, 99)

    assert (answer.status, answer.body) == (206, BODY[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/100"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_outside_the_file_is_rejected_with_its_size(header: str) -> None:
    """416, so that the client can retry."""
    answer = ranged(BODY, mime="video/mp4", header=header)

    assert (answer.status, answer.body, answer.headers["Content-Range"]) == (416, b"", "bytes */100")
    assert answer.headers["Content-Length"] == "0"


def test_a_range_counts_only_for_the_file_it_was_started_with() -> None:
    """If-Range with another tag, or a date, which no file here has: the whole file."""

    def status(if_range: str) -> int:
        return ranged(BODY, mime="video/mp4", header="bytes=0-1", if_range=if_range).status

    assert [status(TAG), status('"other"'), status(f"W/{TAG}")] == [206, 200, 200]
    assert status("Wed, 21 Oct 2026 07:28:00 GMT") == 200


def test_head_is_get_without_the_body() -> None:
    """All headers stay; a range is for GET."""
    head = ranged(BODY, mime="video/mp4", header="bytes=0-1", head=True)

    assert head == Ranged(200, ranged(BODY, mime="video/mp4").headers, b"")


@pytest.mark.parametrize(
    ("if_none_match", "status"), [(TAG, 304), (f'"a", W/{TAG}', 304), ("*", 304), ('"a"', 200), ("", 200)]
)
def test_a_file_that_is_already_there_is_not_sent_again(if_none_match: str, status: int) -> None:
    """The tag is checked each time, since ids repeat after a restart of the mock server."""
    answer = ranged(BODY, mime="video/mp4", header="bytes=0-1" if status == 304 else None, if_none_match=if_none_match)

    assert (answer.status, answer.body) == (status, b"" if status == 304 else BODY)


def test_other_bytes_have_another_tag() -> None:
    """And a caller that has one may give it."""
    assert etag_of(b"a") != etag_of(b"b")
    assert ranged(BODY, mime="video/mp4", etag='"mine"').headers["ETag"] == '"mine"'
