"""The address of somebody who receives webhooks, as an option names it."""

from urllib.parse import urlsplit

from mockreel.errors import OptionError

_EXAMPLE = "http://127.0.0.1:3000/hook"


def check_receiver_address(option: str, url: str, *, example: str = _EXAMPLE) -> None:
    """Check an address before anything is sent there: what is none would be told as a receiver that does not answer.

    Raises:
        OptionError: it is no http or https URL with a host, or has a character that no URL has.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # no port, or half of an IPv6 address
        valid = False
    if not valid or not url.isprintable() or " " in url:
        raise OptionError(option, url, then=f"Give the handler's address, as {example}.")
