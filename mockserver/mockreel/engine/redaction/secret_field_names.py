"""Names of secrets: of headers, parameters, fields, cookies."""

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
# The last word of a secret's name, whatever is before it.
_LAST = frozenset(
    """
    accesskey apikey authkey authorization authtoken bearer cookie credential credentials csrf hmac jwt otp passcode
    passphrase passwd password passwort privatekey pwd secret secretkey secrets sessionid sessionkey sig signature
    signingkey skoid token totp xsrf
    """.split()  # noqa: SIM905
)
_JOINED = ("apikey", "password", "passwd", "secret", "authtoken", "accesstoken", "sessionid", "sessid")
_BEFORE_KEY = """
    access account admin api app auth client encryption license master private provider secret service session shared
    signing subscription
    """.split()  # noqa: SIM905
_BEFORE_ID = ("session", "sess", "key", "pair")
_PAIRS = frozenset(
    [(one, "key") for one in _BEFORE_KEY]
    + [(one, "id") for one in _BEFORE_ID]
    + [("basic", "auth"), ("proxy", "auth"), ("connection", "string"), ("conn", "string")]
)
# A token that is a page cursor, or a model's input.
_INNOCENT = frozenset(
    {"page", "next", "continuation", "cursor", "previous", "prev", "sync", "stop", "eos", "bos", "pad"}
)
# Words that are a secret's name in an address, and may be anything in a body; and those that may be anything there too.
_LOOSE = frozenset({"key", "auth", "sign", "hdnea", "hdnts", "ak", "sk"})
_LOOSEST = frozenset({"session", "sid", "login", "code", "policy", "ticket", "state", "nonce", "user", "username"})
# The parameters of signed storage URLs beside the signature.
_SIGNED = frozenset({"sign", "policy", "se", "st", "sv", "q-ak", "googleaccessid"})
# Fields about signatures that are none themselves, in a model's input or a provider's response.
_NO_SIGNATURE = frozenset({"add", "input", "output", "type", "time", "function", "method"})
# The last word of the name of a field that holds an address.
_ADDRESSES = frozenset(
    """
    callback dsn endpoint href link location next origin proxy redirect referer referrer remote src target uri url urls
    webhook
    """.split()  # noqa: SIM905
)
# Who says it there is called back.
_CALLERS = frozenset({"callback", "callbacks", "webhook", "webhooks", "notify"})


@lru_cache(maxsize=4096)
def names_address(name: str) -> bool:
    """Whether a field, a parameter or a header of this name holds an address."""
    return _last(name) in _ADDRESSES


@lru_cache(maxsize=4096)
def names_callback(name: str) -> bool:
    """Whether it holds the address of a webhook (`webhookUrl`, `notify_url`), of whatever provider."""
    words = [word.lower() for word in _WORD.findall(name[:200])]
    return bool(words) and words[-1] in _ADDRESSES | _CALLERS and not _CALLERS.isdisjoint(words)


@lru_cache(maxsize=4096)
def names_secret(name: str) -> bool:
    """Whether a name means a secret, by itself (`x-api-key`, `accessPassword`, `jwt`)."""
    words = [word.lower() for word in _WORD.findall(name[:200])]
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _LAST:
        innocent = {"token": _INNOCENT, "signature": _NO_SIGNATURE}.get(last, frozenset())
        return before not in innocent
    return (before, last) in _PAIRS or _is_joined(last)


@lru_cache(maxsize=1024)
def signs_address(name: str) -> bool:
    """Whether a parameter is part of a URL's credentials."""
    return names_secret(name) or name.lower() in _SIGNED


@lru_cache(maxsize=1024)
def may_name_secret(name: str) -> bool:
    """Whether it names a secret in a URL, where `key` and `auth` have no other meaning."""
    return names_secret(name) or _last(name) in _LOOSE


@lru_cache(maxsize=1024)
def might_name_secret(name: str) -> bool:
    """Whether it names a secret if its value looks like one."""
    return may_name_secret(name) or _last(name) in _LOOSEST


def _last(name: str) -> str:
    words = _WORD.findall(name[:200])
    return words[-1].lower() if words else ""


def _is_joined(word: str) -> bool:
    """Words written as one (`xapikey`, `dbpassword`, `jsessionid`)."""
    return len(word) > 6 and word.endswith(_JOINED)
