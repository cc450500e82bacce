"""Draws: the same key gives the same bytes, and ids have the forms that they claim."""

import uuid
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.engine.randomness import digest, nanoid, snowflake, uniforms, uuid4, uuid7

blocks = st.binary(min_size=64, max_size=64)
moments = st.floats(1_530_000_000, 3_480_000_000)
spans = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)).map(sorted), max_size=16)
words = st.text(st.characters(codec="utf-8"), max_size=8)


def test_the_same_key_gives_the_same_bytes_in_every_version() -> None:
    """The bytes are pinned: seeds that people wrote down keep their meaning."""
    assert digest(7, "runflow", 1, 2, size=8).hex() == "48a0a48dd4846a44"


@given(st.integers(), st.lists(words, max_size=3), st.lists(words, max_size=3))
def test_every_part_of_a_key_counts(seed: int, one: list[str], other: list[str]) -> None:
    """Keys that differ give other bytes, also where only the place of a colon differs."""
    if [word.replace("\0", "") for word in one] != one or [word.replace("\0", "") for word in other] != other:
        return
    assert (digest(seed, *one) == digest(seed, *other)) == (one == other)
    assert digest(seed, *one) != digest(seed + 1, *one)


@given(blocks, spans)
def test_numbers_lie_in_their_spans(block: bytes, spans: list[tuple[float, float]]) -> None:
    """One number for each span, between its ends."""
    drawn = uniforms(block, spans)

    assert len(drawn) == len(spans)
    assert all(low <= number <= high for number, (low, high) in zip(drawn, spans, strict=True))


def test_too_few_bytes_are_an_error() -> None:
    """Nothing is drawn twice from the same word."""
    with pytest.raises(ValueError, match="2 draws need 8 bytes, the block has 7"):
        uniforms(b"1234567", [(0, 1), (0, 1)])


@given(moments, blocks)
def test_a_uuid7_is_one(moment: float, block: bytes) -> None:
    """Version and variant are right, and it contains the time to the millisecond."""
    found = uuid.UUID(uuid7(moment, block))

    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert found.int >> 80 == int(moment * 1000)
    assert str(found) == uuid7(moment, block)


@given(blocks, blocks)
def test_uuids_of_other_bytes_differ(one: bytes, other: bytes) -> None:
    """Every drawn bit but the ones of version and variant shows, so ids of one moment do not meet."""
    assert (uuid7(0.0, one) == uuid7(0.0, other)) == (_low(one, 74) == _low(other, 74))
    assert uuid.UUID(uuid4(one)).version == 4
    assert uuid.UUID(uuid4(one)).variant == uuid.RFC_4122


def _low(block: bytes, bits: int) -> int:
    return int.from_bytes(block[:10], "big") & ((1 << bits) - 1)


@given(blocks, st.integers(1, 36))
def test_a_nanoid_has_its_length_and_its_alphabet(block: bytes, length: int) -> None:
    """Letters, digits, `_` and `-`: it needs no escaping in a URL."""
    found = nanoid(block, length)

    assert len(found) == length
    assert found.replace("_", "a").replace("-", "a").isalnum()
    assert found.isascii()


def test_a_nanoid_can_have_every_letter() -> None:
    """64 different letters from 64 different bytes."""
    assert len(set(nanoid(bytes(range(64)), 64))) == 64


@given(st.lists(moments, min_size=2, max_size=5).map(sorted), blocks)
def test_snowflakes_have_19_digits_and_grow_with_the_moment(sorted_moments: list[float], block: bytes) -> None:
    """Two moments a millisecond apart differ, whatever is drawn."""
    ids = [snowflake(moment, block) for moment in sorted_moments]

    assert all(len(id_) == 19 and id_.isdecimal() for id_ in ids)
    for (before, after), (earlier, later) in zip(pairwise(ids), pairwise(sorted_moments), strict=True):
        assert int(before) < int(after) or int(earlier * 1000) == int(later * 1000)


def test_a_snowflake_is_as_published_ones_are() -> None:
    """A published id of May 2026 falls among those of that month."""
    early, late = 1_777_593_600, 1_780_272_000  # May and June 2026

    assert snowflake(early, bytes(64)) < "2052287938007814145" < snowflake(late, bytes(64))
