"""A player returns each recording that matches once, and reports why the rest does not match."""

from dataclasses import replace
from typing import Any

import pytest

from mockreel.cassettes.cassette import Exchange
from mockreel.cassettes.cassette_errors import NoRecording
from mockreel.cassettes.player import CassettePlayer, RequestKey

ASKED = RequestKey("POST", "/v2/query", (("page", "1"),), {"taskId": "1"})
EXCHANGE = Exchange("POST", "https://example.com/v2/query?page=1", (), b'{"taskId":"1"}', 200, (), b"{}")


def player(*requested: RequestKey, freely: tuple[int, ...] = ()) -> CassettePlayer:
    """A player of these requests."""
    return CassettePlayer(requested, [EXCHANGE] * len(requested), frozenset(freely))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"method": "GET"}, "method POST is not GET"),
        ({"path": "/v2/ask"}, "path '/v2/query' is not '/v2/ask'"),
        ({"query": (("page", "2"),)}, "query /page '1' is not '2'"),
        ({"query": ()}, "query /page is recorded, and was not sent"),
        ({"query": (("page", "1"), ("size", "9"))}, "query /size was sent, and is not recorded"),
        ({"body": {"taskId": 1}}, "body /taskId '1' is not 1"),
        ({"body": None}, "body / {'taskId': '1'} is not None"),
    ],
)
def test_one_difference_is_enough_to_miss_and_is_named(change: dict[str, Any], reason: str) -> None:
    """Each with both values."""
    with pytest.raises(NoRecording) as missed:
        player(ASKED).replay(replace(ASKED, **change))
    assert reason in str(missed.value)
    assert "POST /v2/query?page=1" in str(missed.value)


def test_the_nearest_come_first_and_no_more_than_three() -> None:
    """The fewer the differences, the nearer."""
    far = RequestKey("GET", "/far", (), None)
    with pytest.raises(NoRecording) as missed:
        player(far, far, far, replace(ASKED, path="/near")).replay(ASKED)
    names = [name for name, _ in missed.value.nearest]
    assert names[0] == "exchange 3: POST /near?page=1"
    assert len(names) == 3


def test_an_empty_tape_says_so() -> None:
    """And what to do."""
    with pytest.raises(NoRecording, match=r"no exchange[\s\S]*mockreel record"):
        player().replay(ASKED)


def test_equal_requests_are_played_in_their_order_and_once_each() -> None:
    """As polls are."""
    recorded = player(ASKED, replace(ASKED, path="/other"), ASKED)

    assert [recorded.replay(ASKED), recorded.replay(ASKED)] == [0, 2]
    assert recorded.unused == (1,)
    with pytest.raises(NoRecording, match="it was used already"):
        recorded.replay(ASKED)


def test_a_body_that_every_client_phrases_in_its_own_way_is_not_compared() -> None:
    """Method, path and query are."""
    recorded = player(ASKED, freely=(0,))

    assert recorded.replay(replace(ASKED, body={"prompt": "a boat"})) == 0


def test_host_key_order_and_spaces_are_not_compared() -> None:
    """A body is compared as JSON, a query by its fields."""
    one = RequestKey.of(
        "POST", "https://a.example/q%20x?b=2&a=1", b'{"apiKey": "k", "x": 1, "y": [2]}', without=["apiKey"]
    )
    other = RequestKey.of("POST", "https://b.example/q x?a=1&b=2&apiKey=k", b'{"y":[2],"x":1}', without=["apiKey"])

    assert one == other


def test_a_body_that_is_no_json_is_compared_as_text() -> None:
    """A form, for instance."""
    assert RequestKey.of("POST", "https://a.example/", b"--x--").body == "--x--"
