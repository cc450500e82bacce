"""A certificate authority for one run: its key stays in memory, its certificate is in a temporary folder."""

import os
import re
import shutil
import ssl
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mockreel.server.http.tls import trustme

# Variables that name the trusted authorities of a program or of its libraries.
BUNDLE_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTPLIB2_CA_CERTS",
    "AWS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
# Java requires one; the store has public certificates only.
JAVA_PASSWORD = b"changeit"
EXTRA_VARIABLES = ("NODE_EXTRA_CA_CERTS", "DENO_CERT")


@dataclass(frozen=True, slots=True)
class Authority:
    """The TLS context of the proxy, and the files that make the program trust it.

    `context` terminates TLS for the hosts; `folder` is temporary and readable by the user alone. `bundle` has the
    authorities trusted before and ours, `extra` those added before and ours, `own` only ours; `java` is the bundle in
    Java's form, if Java is installed.
    """

    context: ssl.SSLContext
    folder: Path
    bundle: Path
    extra: Path
    own: Path
    java: Path | None = None


@contextmanager
def authority(hosts: Iterable[str], environment: Mapping[str, str]) -> Iterator[Authority]:
    """An authority for these hosts until the block ends. No private key is written to a file.

    Raises:
        MockreelError: trustme is not installed.
    """
    ca = trustme("mockreel run").CA(
        organization_name="mockreel run", organization_unit_name="one run, this machine only"
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    ca.issue_cert(*sorted(hosts)).configure_cert(context)
    own = ca.cert_pem.bytes()
    with tempfile.TemporaryDirectory(prefix="mockreel-run-") as name:  # mode 0700
        folder = Path(name)
        bundle, extra = folder / "trusted.pem", folder / "added.pem"
        _write(bundle, _configured_files(environment, BUNDLE_VARIABLES) or _default_files(), own)
        _write(extra, _configured_files(environment, EXTRA_VARIABLES), own)
        only = folder / "own.pem"
        _write(only, (), own)
        yield Authority(context, folder, bundle, extra, only, _for_java(folder, bundle, environment))


def _for_java(folder: Path, bundle: Path, environment: Mapping[str, str]) -> Path | None:
    """The bundle as a Java trust store; None if Java is not installed."""
    if "JAVA_HOME" not in environment and shutil.which("java", path=environment.get("PATH")) is None:
        return None
    from cryptography import x509  # noqa: PLC0415  (comes with trustme)
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415

    certificates = []
    with warnings.catch_warnings(action="ignore"):  # about certificates of others
        for one in PEM.findall(bundle.read_bytes()):
            with suppress(ValueError):  # Java could not read it either
                certificates.append(x509.load_pem_x509_certificate(one))
    entries = [pkcs12.PKCS12Certificate(one, b"%d" % number) for number, one in enumerate(certificates)]
    store = folder / "trusted.p12"
    _put(store, pkcs12.serialize_java_truststore(entries, serialization.BestAvailableEncryption(JAVA_PASSWORD)))
    return store


def _configured_files(environment: Mapping[str, str], names: Iterable[str]) -> list[Path]:
    """The files in these variables, each once."""
    paths = [Path(environment[name]) for name in names if environment.get(name)]
    return [path for path in dict.fromkeys(paths) if path.is_file()]


def _default_files() -> list[Path]:
    """The default authorities: certifi's if it is installed, and the system's."""
    found = ssl.get_default_verify_paths().cafile
    paths = [Path(found)] if found else []
    try:
        import certifi  # noqa: PLC0415  (comes with clients, not with us)
    except ImportError:
        return paths
    return [*paths, Path(certifi.where())]


def _write(path: Path, files: Iterable[Path], own: bytes) -> None:
    _put(path, b"".join([*(one.read_bytes().rstrip() + b"\n" for one in files), own]))


def _put(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
