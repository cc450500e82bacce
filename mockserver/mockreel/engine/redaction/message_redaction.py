"""A message that repeats what somebody gave: without what is a secret by its form, and without the secrets of URLs."""

from mockreel.engine.redaction.fingerprints import cut_text
from mockreel.engine.redaction.secret_detection import secrets_in
from mockreel.engine.redaction.url_redaction import masked_urls


def masked_message(text: str) -> str:
    """A message of ours as it may be printed, sent, or stand in a log of CI."""
    spans = list(secrets_in(text))
    text = cut_text(text, spans) if spans else text
    return "\n".join(map(masked_urls, text.split("\n"))) if "@" in text or "://" in text else text
