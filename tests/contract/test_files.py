"""Data files: YAML as people write it, JSON as it is built, and merge patches."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.contract.data.data_files import (
    MOST_BYTES,
    merge_patch,
    parse_yaml,
    read_document,
    read_list,
    read_user_file,
)
from mockreel.errors import DataError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("no", "no"),
        ("y", "y"),
        ("16:9", "16:9"),
        ("1:30:00", "1:30:00"),
        ("2026-11-20", "2026-11-20"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("=", "="),
        ("<<", "<<"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-012", -12),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("'12'", "12"),
    ],
)
def test_a_word_means_what_it_looks_like(text: str, value: Any) -> None:
    """YAML 1.2's core schema: `on`, `16:9` and dates are texts, `1e3` is a number."""
    found = parse_yaml(text, where="a.yaml")

    assert (found, type(found)) == (value, type(value))


def test_keys_are_words_too() -> None:
    """`on:` is the key `on`."""
    assert parse_yaml("{on: [a], off: b, 16:9: c}", where="a.yaml") == {"on": ["a"], "off": "b", "16:9": "c"}


@pytest.mark.parametrize(
    "text", ["{a", "a: b: c", "- a\nb", "!!python/object:os.system x", "!own x", "\x00", "*a", "9" * 5000, "@a"]
)
def test_what_is_no_yaml_is_an_error_that_names_the_file(text: str) -> None:
    """Nothing is made of it but data."""
    with pytest.raises(DataError, match=r"^dir/a\.yaml: not readable as YAML \(.+\)"):
        parse_yaml(text, where="dir/a.yaml")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.json", b"{", "not readable as JSON"),
        ("a.json", b'{"a": NaN}', "not readable as JSON"),
        ("a.json", b"[]", "its root is list"),
        ("a.yaml", b"- a", "its root is list"),
        ("a.yaml", b"", "its root is NoneType"),
        ("a.yaml", b"{a", "not readable as YAML"),
    ],
)
def test_a_document_that_cannot_be_used_is_an_error(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    """Bad data is never treated as missing data."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(DataError, match=says) as caught:
        read_document(path)

    assert caught.value.where == str(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """With the reason of the system; a folder is none either."""
    with pytest.raises(DataError, match=r"gone\.yaml: it cannot be read \(No such file"):
        read_document(tmp_path / "gone.yaml")
    with pytest.raises(DataError, match="cannot be read"):
        read_document(tmp_path)


def test_a_list_is_read_if_a_list_is_required(tmp_path: Path) -> None:
    """And nothing else."""
    path = tmp_path / "a.yaml"
    path.write_text("- {a: 1}\n")
    assert read_list(path) == [{"a": 1}]

    path.write_text("{a: 1}")
    with pytest.raises(DataError, match="its root is dict"):
        read_list(path)


# The table of RFC 7396, appendix A, whole.
RFC_7396 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), RFC_7396)
def test_a_merge_patch_does_what_its_rfc_says(target: Any, patch: Any, result: Any) -> None:
    """RFC 7396, appendix A."""
    assert merge_patch(target, patch) == result


plain = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(plain, plain)
def test_a_merge_patch_is_done_when_it_is_done(target: Any, patch: Any) -> None:
    """Twice is once, and neither argument is changed."""
    before = repr((target, patch))
    once = merge_patch(target, patch)

    assert merge_patch(once, patch) == once
    assert repr((target, patch)) == before


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
)


@pytest.mark.parametrize("text", [BOMB, "&a [*a]", "a: &a {b: *a}", f"- {{key: x, balance: {{\n{BOMB}}}}}"])
def test_a_few_lines_do_not_make_more_values_than_the_memory_holds(text: str) -> None:
    """Aliases of aliases, and a value that contains itself."""
    with pytest.raises(DataError, match=r"aliases make more than|alias in it contains|not readable as YAML"):
        parse_yaml(text, where="a file")


def test_an_alias_is_accepted() -> None:
    """As a way to write less."""
    assert parse_yaml("a: &a [1]\nb: *a\nc: '2 * 3'", where="a file") == {"a": [1], "b": [1], "c": "2 * 3"}


def test_a_file_that_a_user_names_is_read_whole(tmp_path: Path) -> None:
    """As it is."""
    path = tmp_path / "keys.yaml"
    path.write_bytes(b"- {key: a}\n" * 1000)

    assert read_user_file(path) == b"- {key: a}\n" * 1000


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    """Such as a shell's process substitution, whose writer may start later."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"- {key: a}\n" * 20_000,))
    writer.start()
    try:
        assert read_user_file(path) == b"- {key: a}\n" * 20_000
    finally:
        writer.join()


def test_a_pipe_without_a_writer_times_out(tmp_path: Path) -> None:
    """Nor one that is written without an end."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    with pytest.raises(DataError, match="it is a pipe that its writers have not closed"):
        read_user_file(path, seconds=0.05)


@pytest.mark.parametrize(("path", "says"), [("/dev/zero", "it is a device"), ("/tmp", "it is a folder")])
def test_what_is_no_file_is_rejected(path: str, says: str) -> None:
    """A device may never end."""
    with pytest.raises(DataError, match=says):
        read_user_file(Path(path))


def test_a_file_that_is_too_large_is_rejected(tmp_path: Path) -> None:
    """Before all of it is in memory."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)

    with pytest.raises(DataError, match="larger than"):
        read_user_file(path)
