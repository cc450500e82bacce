"""What may be stored or shown of messages, and what is a secret: every output uses this one place."""

from mockreel.engine.redaction.contract_redaction import credentials_of, redactor_of
from mockreel.engine.redaction.data_uris import left_out, without_files
from mockreel.engine.redaction.fingerprints import MASK, Fingerprints, Strangers
from mockreel.engine.redaction.header_credentials import Credentials
from mockreel.engine.redaction.known_secrets import KnownSecrets
from mockreel.engine.redaction.redactor import (
    MOST_KEPT,
    MOST_MASKED,
    NONE,
    Redactor,
    json_in,
)
from mockreel.engine.redaction.secret_detection import is_key
from mockreel.engine.redaction.secret_field_names import names_secret

__all__ = [
    "MASK",
    "MOST_KEPT",
    "MOST_MASKED",
    "NONE",
    "Credentials",
    "Fingerprints",
    "KnownSecrets",
    "Redactor",
    "Strangers",
    "credentials_of",
    "is_key",
    "json_in",
    "left_out",
    "names_secret",
    "redactor_of",
    "without_files",
]
