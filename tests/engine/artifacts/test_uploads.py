"""Uploads: announced, stored, bounded."""

from mockreel.engine.artifacts.uploads import Upload, Uploads


def test_only_what_was_announced_is_stored() -> None:
    """Then it is stored unchanged."""
    uploads = Uploads()
    assert not uploads.store("a", b"x")
    uploads.announce(Upload("a", "image/png"))

    assert uploads.store("a", b"x")
    found = uploads.get("a")

    assert found is not None
    assert (found.data, found.mime) == (b"x", "image/png")
    assert uploads.get("b") is None


def test_the_oldest_are_forgotten_beyond_so_many_bytes() -> None:
    """The newest stays, however large it is."""
    uploads = Uploads(limit=10)
    for name in "abc":
        uploads.announce(Upload(name, "image/png"))
        uploads.store(name, b"12345")

    assert [uploads.get(name) is None for name in "abc"] == [True, False, False]
    uploads.announce(Upload("d", "image/png", data=b"x" * 50))
    assert [uploads.get(name) is None for name in "abcd"] == [True, True, True, False]


def test_the_oldest_are_forgotten_beyond_so_many_files() -> None:
    """Also if none of them was uploaded."""
    uploads = Uploads(most=2)
    for name in "abc":
        uploads.announce(Upload(name, "image/png"))

    assert [uploads.get(name) is None for name in "abc"] == [True, False, False]


def test_bytes_that_were_replaced_do_not_count() -> None:
    """Sent again, announced again: only what is held counts."""
    uploads = Uploads(limit=10)
    uploads.announce(Upload("a", "image/png", data=b"12"))
    for _ in range(20):
        uploads.announce(Upload("b", "image/png", data=b"1234"))
        uploads.store("b", b"1234")

    assert uploads.get("a") is not None
    assert uploads.get("b") is not None
