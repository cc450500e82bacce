"""What a gateway says that stands before a provider: pages of HTML, in words of ours."""

from mockreel.contract.messages.message import Reply

_TITLES = {
    "429": "Too many requests",
    "502": "Bad gateway",
    "503": "Service temporarily unavailable",
    "504": "Gateway time-out",
    "524": "The origin took too long",
}
_PAGE = (
    "<!doctype html>\n<html>\n<head><title>{status} {title}</title></head>\n"
    "<body>\n<h1>{title}</h1>\n<p>The gateway got no answer that it could pass on.</p>\n</body>\n</html>\n"
)


def page(status: str) -> Reply:
    """The page for a status."""
    body = _PAGE.format(status=status, title=_TITLES[status]).encode()
    return Reply(int(status), body, ((b"content-type", b"text/html; charset=utf-8"),))
