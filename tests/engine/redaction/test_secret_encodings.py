"""A key is masked in each encoding, alone and between neighbours; a part of another word is not."""

import base64
import html
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

import orjson
import pytest
from engine.redaction.planted_secrets import generated, written

from mockreel.engine.redaction import MASK, Fingerprints, Redactor, Strangers

Encode = Callable[[str], str]
# One of each kind, and the shortest that is a key.
KEYS = dict(
    [
        *generated(5, 16),
        ("shortest", "key-0001"),
        ("shortest of signs", "a\"b'c<1&"),
        ("of words", "Schlüssel für Zürich, 7"),
    ]
)


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _for_pages(text: str) -> str:
    """JSON as it may stand in a page."""
    output = json.dumps(text, ensure_ascii=False)[1:-1]
    return output.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _in_escapes(text: str) -> str:
    """JSON with an escape for everything but letters and digits."""
    return "".join(one if one.isalnum() else f"\\u{ord(one):04X}" for one in text)


ENCODINGS: Mapping[str, Encode] = {
    "raw": str,
    "hex": lambda key: key.encode().hex(),
    "hex in capitals": lambda key: key.encode().hex().upper(),
    "percent": lambda key: quote(key, safe=""),
    "percent, every byte": lambda key: "".join(f"%{byte:02x}" for byte in key.encode()),
    "percent twice": lambda key: quote(quote(key, safe=""), safe=""),
    "JSON": _json,
    "JSON twice": lambda key: _json(_json(key)),
    "JSON three times": lambda key: _json(_json(_json(key))),
    "JSON with slashes escaped twice": lambda key: _json(_json(key).replace("/", "\\/")),
    "JSON for pages": _for_pages,
    "JSON for pages twice": lambda key: _for_pages(_for_pages(key)),
    "JSON in escapes": _in_escapes,
    "JSON in escapes twice": lambda key: _json(_in_escapes(key)),
    "HTML": html.escape,
    "HTML but for quotes": lambda key: html.escape(key, quote=False),
    "HTML with numbers": lambda key: html.escape(key).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "HTML with long numbers": lambda key: html.escape(key).replace("&#x27;", "&#039;"),
    "HTML in JSON": lambda key: _json(html.escape(key)),
    "HTML in JSON twice": lambda key: _json(_json(html.escape(key))),
    "JSON in HTML": lambda key: html.escape(_json(key)),
    "JSON in percent": lambda key: quote(_json(key), safe=""),
    "quoted by Python": lambda key: repr(key)[1:-1],
    "quoted by Python, in small letters": lambda key: repr(key.lower())[1:-1],
    "JSON in capitals": lambda key: _json(key.upper()),
    "HTML in small letters": lambda key: html.escape(key.lower()),
    "HTML in percent": lambda key: quote(html.escape(key), safe=""),
}
every_key = pytest.mark.parametrize("kind", KEYS)


@every_key
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_key_is_masked_in_each_encoding(kind: str, encoding: str) -> None:
    """Alone, in a sentence, behind a line break in JSON."""
    key = KEYS[kind]
    output, known = ENCODINGS[encoding](key), Fingerprints([key])

    for text in (output, f"the key {output} is it", f'{{"a": "{output}"}}', f"one\\n{output}\\ntwo"):
        shown = known.masked_text(text)
        assert output not in shown
        assert MASK in shown


@every_key
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "<", "a:"])
@pytest.mark.parametrize("after", ["", ">", " is it"])
def test_a_key_is_masked_in_base64(kind: str, encode: Callable[[bytes], bytes], before: str, after: str) -> None:
    """In each alignment, whatever is beside it."""
    key = KEYS[kind]
    output = encode(f"{before}{key}{after}".encode()).decode()
    assert [one for one in written(key) if one in output] != []

    shown = Fingerprints([key]).masked_text(f"it is {output}, says one")
    assert [one for one in written(key) if one in shown] == []
    assert MASK in shown


@every_key
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_key_is_masked_in_a_body(kind: str, encoding: str) -> None:
    """As a value, as a name, and in JSON inside of JSON."""
    key = KEYS[kind]
    output, known = ENCODINGS[encoding](key), Fingerprints([key])
    for value in ({"prompt": output}, {output: 1}, {"note": json.dumps({"deep": [f"as {output} says"]})}):
        stored = Redactor().body(orjson.dumps(value), known)
        assert [one for one in (output, _json(output), _json(_json(output))) if one in stored.decode()] == []
        assert MASK in stored.decode()


@pytest.mark.parametrize("key", ["clé-secrète-9", "schlüssel-42x", "鍵鍵鍵-abc-12"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_key_is_masked_as_either_side_reads_the_bytes_of_a_header(key: str, encoding: str) -> None:
    """Sent as UTF-8 and read as Latin-1, or the other way round."""
    for other in (key.encode().decode("latin-1"), key):
        output = ENCODINGS[encoding](other)
        assert output not in Fingerprints([key]).masked_text(f"the key {output} is it")
        if other != key:
            assert ENCODINGS[encoding](key) not in Fingerprints([other]).masked_text(ENCODINGS[encoding](key))


@pytest.mark.parametrize("key", ["key-0001", "abcde123x"])
@pytest.mark.parametrize("around", ["mon{}", "{}b", "9{}", "x{}y"])
def test_a_short_key_is_none_inside_of_a_word(key: str, around: str) -> None:
    """A longer name that begins or ends as it does stays whole."""
    text = f"the {around.format(key)} of it"

    assert Fingerprints([key]).masked_text(text) == text


@every_key
def test_a_key_is_forgotten_in_each_encoding(kind: str) -> None:
    """None of its forms is masked from then on."""
    key, known = KEYS[kind], Fingerprints()
    known.discard(known.add(key))

    output = [base64.b64encode(f"<{key}>".encode()).decode(), *(encode(key) for encode in ENCODINGS.values())]
    assert [known.masked_text(one) for one in output] == output


def test_the_newest_unknown_keys_are_remembered_within_a_bound() -> None:
    """By their number, and by the number of their encodings, which for one with odd signs is large."""
    known = Fingerprints()
    strangers = Strangers(known, most=3, most_prints=1500)
    plain = [f"key-{number:012}" for number in range(5)]
    odd = [f"{number:04}-\"'<&>é/-{number:012}" for number in range(4)]
    for key in plain:
        strangers.add(key)
    assert [known.knows(key) for key in plain] == [False, False, True, True, True]

    for key in odd:
        strangers.add(key)
    assert not any(map(known.knows, plain))
    assert not known.knows(odd[0])
    assert known.knows(odd[-1])
