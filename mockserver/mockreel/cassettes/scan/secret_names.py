"""What a name means for its value: a secret, an identifier, or nothing."""

import re
from typing import Literal

from mockreel.cassettes.redaction.secret_patterns import HARMLESS

Meaning = Literal["secret", "perhaps", "digest", "id", ""]


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_WORDS = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*[a-z]?(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# The last word of a name whose value is a secret whatever it looks like.
_SECRET = _set(
    "password passwd pwd pswd passphrase passcode passkey secret secrets passwords apikey cvv cvc pin otp totp mfa",
)
# The last two words of such a name.
_SECRET_PAIRS = frozenset(
    f"{first} {last}"
    for last, firsts in {
        "key": "api private access secret signing encryption account shared subscription service master ssh auth app "
        "consumer hmac license deploy storage integration ingest write server",
        "token": "access refresh id auth security session bearer api bot user client csrf xsrf device push personal "
        "verification reset deploy webhook oauth",
        "code": "recovery backup security verification auth authorization otp mfa access activation invite pairing",
        "codes": "recovery backup",
        "string": "connection",
        "answer": "security",
        "word": "pass",
        "phrase": "pass seed recovery mnemonic",
    }.items()
    for first in firsts.split()
)
# The last word of a name whose value may be a secret, or a word with another meaning.
_PERHAPS = _set(
    "token session sid sessid phpsessid jsessionid sessionid credential credentials cred creds",
    "auth authorization login jwt bearer cookie cookies csrf xsrf dsn mnemonic pass sas assertion",
    "verifier",
)
# The end of such a name without word boundaries, and in the providers' own language.
_ENDS = (
    "password", "passwd", "secret", "apikey", "accesskey", "secretkey", "privatekey", "signingkey", "authtoken",
    "apitoken", "accesstoken", "sessiontoken", "idtoken", "refreshtoken",
    "\u5bc6\u7801", "\u53e3\u4ee4", "\u5bc6\u94a5", "\u4ee4\u724c",
)  # fmt: skip
# Words without a meaning of their own: the parent's name counts.
_EMPTY = _set(
    "value values id data raw text string content plain plaintext current new old hash",
)
_PAGING = _set(
    "page next previous prev continuation pagination cursor sync count max total limit",
)
_DIGESTS = _set(
    "etag hash md5 sha sha1 sha256 sha384 sha512 digest checksum integrity crc crc32 crc32c fingerprint",
    "traceparent tracestate baggage nel commit revision thumbprint multihash cid blurhash phash",
)
_DIGEST_NAMES = re.compile(
    r"(?:x-)?(?:amz|amzn|goog|b3|cf|vercel|datadog|fly|akamai|azure|ms|oss|cos|tos|trace|correlation|request|cloud|served"
    r"|cache|ray|sentry|uber|envoy|render|railway|nf|github|kong|operation|span|parent|server|activity|edge|timer|content)"
    r"(?:-(?!security|api|auth|token|session|key|secret)[a-z0-9]+)+|if-(?:none-)?match|alt-svc|last-event-id|report-to"
    r"|content-security-policy(?:-report-only)?|idempotency-key|via|age|server-timing|strict-transport-security"
)
_TRACED = _set(
    "trace span request correlation transaction",
)
_IDS = _set(
    "id ids uuid guid ref nonce sku slug cursor boundary",
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4}.*")
_STATES = _set(
    "true false none null nil undefined required optional invalid missing expired active inactive enabled",
    "disabled valid string number bearer basic digest token password secret unknown unauthorized anonymous",
    "guest hidden masked redacted yes no failed success public private default empty ok pending revoked",
    "verified unverified authenticated denied object array boolean integer session cookie login auth",
    "credential credentials oauth oauth2 apikey header query system user admin month year week day created",
    "closed open ready started stopped",
)
_JOINING = _set(
    "a an the is are be was do does not no must may can to of in on at for with and or your this that it been has",
)
_MASKED = re.compile(r"[*x#.•_-]+|.{0,4}(?:\*{3,}|\.{3}|…).{0,4}", re.IGNORECASE)
_SHORTEST = 4
_SHORTEST_WORD = 8


def words_of(name: str) -> list[str]:
    """The words of a name, however it is written: `X-Api-Key`, `apiKey`, `API_KEY`."""
    return [word.lower() for word in _WORDS.findall(name)]


def meaning(name: str, around: str = "") -> Meaning:
    """What a name means for its value.

    Args:
        name: of a header, a member of an object, a parameter, a cookie.
        around: the name of the value's parent, which counts if the name itself has no meaning.
    """
    if name.lower().endswith(_ENDS):
        return "secret"
    words = words_of(name)
    if around and words and all(word in _EMPTY or word.isdigit() for word in words):
        outer = meaning(around)
        return outer if outer in ("secret", "perhaps") else _own(words, name)
    return _own(words, name)


def _own(words: list[str], name: str) -> Meaning:
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in ("value", "hash", "plain", "raw")):
        words = words[:-1]
    if not words:
        return ""
    last = words[-1] if words[-1] in _DIGESTS else words[-1].rstrip("0123456789") or words[-1]
    pair = " ".join((*words[-2:-1], last))
    if last in _SECRET or pair in _SECRET_PAIRS:
        return "secret"
    if last in _PERHAPS:
        return "id" if _PAGING & set(words[:-1]) else "perhaps"
    if pair in ("session id", "access id", "login id"):
        return "perhaps"
    if last in _DIGESTS or _TRACED & set(words[:-1]) or _DIGEST_NAMES.fullmatch(name.lower()):
        return "digest"
    return "id" if last in _IDS else ""


def opens(value: str, sense: Meaning) -> bool:
    """Whether a value under a name that means a secret is one, and no word about it."""
    text = _without_scheme(value.strip().strip("\"'"))
    plain = text.lower()
    if len(text) < _SHORTEST or plain in _STATES or HARMLESS.match(text) or _MASKED.fullmatch(text):
        return False
    if len(set(text)) <= 2 or re.match(r"%[a-z({]|\[", text) or set(words_of(text)) <= _STATES:
        return False
    if _is_sentence(text):
        return False
    return sense == "secret" or _may_open(text)


def _is_sentence(text: str) -> bool:
    """Whether a text is a sentence; a few short words without connectives may be a passphrase."""
    words = text.split()
    if len(words) < 2 or not all(word.strip(".,:;!?'\"").isalpha() for word in words):
        return False
    return not text.islower() or bool(_JOINING & set(words)) or len(words) not in (4, 5, 6, 12, 24)


def _may_open(text: str) -> bool:
    """Whether a text may be a secret if its name alone does not decide."""
    if _DATE.fullmatch(text) or text.startswith(("http://", "https://")) or " " in text.strip():
        return False
    if text.isdigit():
        return 6 <= len(text) <= _SHORTEST_WORD
    return not (text.isalpha() and len(text) < _SHORTEST_WORD)


def _without_scheme(text: str) -> str:
    """The credential after the scheme of an `Authorization`, if there is one."""
    scheme, _, rest = text.partition(" ")
    known = scheme.lower() in ("bearer", "basic", "token", "apikey", "key", "digest", "negotiate", "bot", "sso-key")
    return rest.strip() if known and rest else text
