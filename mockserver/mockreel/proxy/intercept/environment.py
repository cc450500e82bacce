"""The environment of the program: the proxy, the authority, and the preloads for Node and Python."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from mockreel.proxy.intercept.certificate_authority import BUNDLE_VARIABLES, EXTRA_VARIABLES, JAVA_PASSWORD, Authority
from mockreel.proxy.intercept.host_routes import PROXY_VARIABLES

PRELOADS = Path(__file__).parent / "preloads"
LOOPBACK = "localhost,127.0.0.1,::1"


def environment_of(
    before: Mapping[str, str],
    *,
    proxy: str,
    authority: Authority,
    tls_ports: Mapping[str, tuple[str, int]],
    allowed: tuple[str, ...] = (),
    control: str | None,
    guarded: bool = False,
) -> dict[str, str]:
    """The environment of the program, as a new mapping.

    Args:
        before: the original environment.
        proxy: the URL of the proxy.
        tls_ports: by provider's host, the address and port that terminate TLS for calls without a proxy.
        allowed: other hosts that may be called.
        control: the URL of the control API, if there is one.
        guarded: the kernel blocks other calls, so the preloads need not.
    """
    found = {name: value for name, value in before.items() if name.lower() not in PROXY_VARIABLES}
    found.pop("SSL_CERT_DIR", None)  # would be searched instead of the bundle
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        found[name] = found[name.upper()] = proxy
    found["no_proxy"] = found["NO_PROXY"] = LOOPBACK
    found.update(dict.fromkeys(BUNDLE_VARIABLES, str(authority.bundle)))
    found.update(dict.fromkeys(EXTRA_VARIABLES, str(authority.extra)))
    if control is not None:
        found["MOCKREEL_CONTROL_URL"] = control
    port = int(proxy.rpartition(":")[2])
    found["MOCKREEL_RUN"] = json.dumps(
        {"tls_ports": tls_ports, "allowed": allowed, "proxy": port, "ca": str(authority.own), "guarded": guarded}
    )
    found["NODE_OPTIONS"] = f"{_node()} {before.get('NODE_OPTIONS', '')}".strip()
    found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PRELOADS / "python"), before.get("PYTHONPATH"))))
    if authority.java is not None:
        found["JAVA_TOOL_OPTIONS"] = f"{before.get('JAVA_TOOL_OPTIONS', '')} {_java(authority.java, port)}".strip()
    return found


def _java(store: Path, port: int) -> str:
    """The properties that tell Java its proxy and trust store."""
    properties = {
        "javax.net.ssl.trustStore": f'"{store}"',
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": JAVA_PASSWORD.decode(),
        **{f"{scheme}.proxyHost": "127.0.0.1" for scheme in ("http", "https")},
        **{f"{scheme}.proxyPort": str(port) for scheme in ("http", "https")},
        "http.nonProxyHosts": "localhost|127.*|[::1]",
    }
    return " ".join(f"-D{name}={value}" for name, value in properties.items())


def _node() -> str:
    """The Node option that loads the preload, with the path quoted for Node."""
    path = str(PRELOADS / "node.cjs").replace("\\", "\\\\").replace('"', '\\"')
    return f'--require "{path}"'
