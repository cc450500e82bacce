"""The reason phrase of a status."""

from http import HTTPStatus


def reason_phrase(status: int) -> str:
    """The phrase that HTTP has for a status; empty for one that it does not know."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
