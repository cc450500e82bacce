"""A handler with a certificate of its own: its authority is named, or the message says how."""

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from conformance.handlers import SECRET, careful, receiving

from mockreel.cli.gate.check_command import command
from mockreel.conformance.handler import HandlerPlan, check_handler
from mockreel.conformance.suite import Plan
from mockreel.conformance.targets.base_url import Access, check_url
from mockreel.errors import MockreelError, OptionError
from mockreel.testing import check_webhook_handler

trustme = pytest.importorskip("trustme", reason="the extra [run] is not installed")
UNTRUSTED = r"its certificate is not trusted: .*name its authority: --ca FILE, or SSL_CERT_FILE\. Then check again\."


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    """The file of an authority that only the tests know."""
    return tmp_path / "ca.pem"


@pytest.fixture
def tls(ca: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate of it for this machine."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    authority = trustme.CA()
    ca.write_bytes(authority.cert_pem.bytes())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def url(tls: ssl.SSLContext) -> Iterator[str]:
    """An honest handler behind TLS."""
    with receiving(careful, tls=tls) as url:
        yield url


def test_a_handler_is_checked_by_the_authority_of_its_certificate(url: str, ca: Path) -> None:
    """Every request reaches it."""
    report = check_handler(url, "runflow", HandlerPlan(SECRET, ca=ca))

    assert (report.exit_code, report.findings) == (0, ())


def test_an_authority_in_the_environment_is_trusted(url: str, ca: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As curl and Python's clients do."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))

    assert check_handler(url, "runflow", HandlerPlan(SECRET)).exit_code == 0


def test_one_line_of_a_test_trusts_an_authority(url: str, ca: Path) -> None:
    """The same argument as the command's option."""
    assert check_webhook_handler(url, provider="runflow", secret=SECRET, ca=ca).exit_code == 0


def test_a_handler_that_is_not_trusted_is_told_with_what_to_do(url: str) -> None:
    """Not that nobody answers, or that it has to be started."""
    with pytest.raises(MockreelError, match=UNTRUSTED):
        check_handler(url, "runflow", HandlerPlan(SECRET))


def test_the_url_that_is_told_of_each_job_is_trusted_too(tls: ssl.SSLContext, ca: Path) -> None:
    """By the same authority; without it the message says so."""
    with receiving(careful) as handler, receiving(lambda _: 200, tls=tls) as before:
        with pytest.raises(MockreelError, match=f"--before .*{UNTRUSTED}"):
            check_handler(handler, "runflow", HandlerPlan(SECRET, before=before))
        report = check_handler(handler, "runflow", HandlerPlan(SECRET, before=before, ca=ca))

    assert report.exit_code == 0


def test_a_file_without_a_certificate_is_rejected(url: str, ca: Path) -> None:
    """Before anything is sent."""
    ca.write_text("nothing")

    with pytest.raises(OptionError, match=r"--ca: .*must have certificates in PEM form"):
        check_handler(url, "runflow", HandlerPlan(SECRET, ca=ca))


def test_the_command_has_the_option(url: str, ca: Path) -> None:
    """With the file the check holds; without, the remedy is told."""
    words = ["--handler", url, "--provider", "runflow", "--secret", SECRET]
    trusted, untrusted = (CliRunner().invoke(command, [*words, *more]) for more in (["--ca", str(ca)], []))

    assert trusted.exit_code == 0, trusted.output
    assert "--ca FILE" in str(untrusted.exception)


def test_a_checked_server_is_trusted_by_its_authority(url: str, ca: Path) -> None:
    """A base URL as well as a handler: what answers is another question."""
    origin = url.removesuffix("/hook")
    plan = Plan(("runflow",), checks=("result.kind",), quick=True, generated=False, differential=False)
    told = {trusted: check_url(origin, plan, Access(ca=ca if trusted else None)).trouble for trusted in (True, False)}

    assert "its certificate is not trusted" in (told[False] or "")
    assert "not trusted" not in (told[True] or "")


def test_the_password_of_a_handlers_url_is_not_shown() -> None:
    """Neither in the report nor in the line that sends a request again."""
    with receiving(lambda _: 500) as url, contextlib.suppress(MockreelError):
        report = check_handler(url.replace("://", "://me:swordfish@"), "runflow", HandlerPlan(SECRET))
        assert report.findings
        assert "swordfish" not in repr(report)

    with pytest.raises(MockreelError) as told:
        check_handler("http://me:swordfish@127.0.0.1:1/hook", "runflow", HandlerPlan(SECRET))
    assert "swordfish" not in str(told.value)
