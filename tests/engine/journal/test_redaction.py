"""What of a message may be kept."""

import httpx2
import pytest
from mockreel.masks import MASK, Masks, Texts, without_logins

from mockreel.server import serving


@pytest.mark.parametrize("name", ["token", "access_token", "api-key", "X-Amz-Signature", "SIG", "password", "_jwt"])
def test_a_parameter_that_lets_somebody_in_is_not_kept(name: str) -> None:
    """Its name stays, so that one sees what was sent; what else the address says stays too."""
    body = f'{{"tell": "https://example.com/hook?job=7&{name}=let-me-in#end"}}'.encode()

    assert without_logins(body) == f'{{"tell": "https://example.com/hook?job=7&{name}={MASK}#end"}}'.encode()


@pytest.mark.parametrize("text", ["Why? key=none", "https://example.com/a?page=2&sort=key", "monkey=see?", "a?b=c"])
def test_what_is_no_such_parameter_stays(text: str) -> None:
    """A question in a prompt, a page, a name that stands in another place."""
    assert without_logins(text.encode()) == text.encode()


def test_an_address_is_shown_without_what_lets_somebody_in() -> None:
    """As it stands in a delivery."""
    masks = Masks(["secret"])

    assert (
        masks.address("http://me:mine@example.com/x?token=abc&n=1") == f"http://{MASK}@example.com/x?token={MASK}&n=1"
    )


def test_a_reply_that_repeats_it_is_masked_too() -> None:
    """A harmless one, which holds no secret field, as well."""
    reply = Masks([]).reply(b'{"callback_url":"http://a.example/?token=abc"}', Texts(()), harmless=True)

    assert reply == f'{{"callback_url":"http://a.example/?token={MASK}"}}'.encode()


def test_no_token_of_a_callback_is_shown_anywhere() -> None:
    """Neither by the control API, nor in an HTTP archive, nor on the page."""
    with serving("runflow", held=True) as stage, httpx2.Client(trust_env=False) as http:
        body = {"input": {"prompt": "a boat"}, "callback_url": "http://127.0.0.1:9/hook?token=let-me-in"}
        made = http.post(
            f"{stage.runflow.url}/v1/models/google/veo3.1/lite/runs",
            json=body,
            headers={"authorization": f"Bearer {stage.runflow.key}"},
        ).json()
        http.get(f"{stage.runflow.url}/v1/runs/{made['id']}", headers={"authorization": f"Bearer {stage.runflow.key}"})
        stage.advance(60)
        own = f"{stage.control.url}/_mockreel"
        shown = [
            http.get(f"{own}/{what}", follow_redirects=True, headers={"accept": accept}).text
            for what in (
                "journal",
                "journal/har",
                "jobs",
                f"jobs/runflow/{made['id']}",
                "deliveries",
                "page/",
                "page/journal",
            )
            for accept in ("application/json", "text/html")
        ]

    assert all(shown)
    assert [text for text in shown if "let-me-in" in text] == []
