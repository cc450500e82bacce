"""What the program finds in its environment: our proxy, our authority, and the preloads for Node and Python."""

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
    doors: Mapping[str, tuple[str, int]],
    allowed: tuple[str, ...] = (),
    control: str | None,
    guarded: bool = False,
) -> dict[str, str]:
    """The environment of the program; ours is left as it is.

    Args:
        before: what it would have been.
        proxy: the URL of our proxy.
        doors: by provider's host, the address and port on which TLS is ended for what takes no proxy.
        allowed: hosts that may be called besides.
        control: the URL of the control API, where there is one.
        guarded: the kernel stops what the preloads would: they only lead and trust.
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
        {"doors": doors, "allowed": allowed, "proxy": port, "ca": str(authority.own), "guarded": guarded}
    )
    found["NODE_OPTIONS"] = f"{_node()} {before.get('NODE_OPTIONS', '')}".strip()
    found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PRELOADS / "python"), before.get("PYTHONPATH"))))
    if authority.java is not None:
        found["JAVA_TOOL_OPTIONS"] = f"{before.get('JAVA_TOOL_OPTIONS', '')} {_java(authority.java, port)}".strip()
    return found


def _java(store: Path, port: int) -> str:
    """The properties by which Java finds the proxy and whom to trust."""
    given = {
        "javax.net.ssl.trustStore": f'"{store}"',
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": JAVA_PASSWORD.decode(),
        **{f"{scheme}.proxyHost": "127.0.0.1" for scheme in ("http", "https")},
        **{f"{scheme}.proxyPort": str(port) for scheme in ("http", "https")},
        "http.nonProxyHosts": "localhost|127.*|[::1]",
    }
    return " ".join(f"-D{name}={value}" for name, value in given.items())


def _node() -> str:
    """The option of Node that loads our preload; a path in it is quoted as Node reads it."""
    path = str(PRELOADS / "node.cjs").replace("\\", "\\\\").replace('"', '\\"')
    return f'--require "{path}"'
