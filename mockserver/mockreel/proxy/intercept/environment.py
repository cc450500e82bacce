"""What the program finds in its environment: our proxy, our authority, and the preloads for Node and Python."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from mockreel.proxy.intercept.certificate_authority import BUNDLE_VARIABLES, EXTRA_VARIABLES, Authority
from mockreel.proxy.intercept.host_routes import PROXY_VARIABLES

PRELOADS = Path(__file__).parent / "preloads"
LOOPBACK = "localhost,127.0.0.1,::1"


def environment_of(
    before: Mapping[str, str],
    *,
    proxy: str,
    authority: Authority,
    doors: Mapping[str, int],
    allowed: tuple[str, ...] = (),
    control: str,
) -> dict[str, str]:
    """The environment of the program; ours is left as it is.

    Args:
        before: what it would have been.
        proxy: the URL of our proxy.
        doors: by provider's host, the port on which TLS is ended for what takes no proxy.
        allowed: hosts that may be called besides.
        control: the URL of the control API.
    """
    found = {name: value for name, value in before.items() if name.lower() not in PROXY_VARIABLES}
    found.pop("SSL_CERT_DIR", None)  # would be searched instead of the bundle
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        found[name] = found[name.upper()] = proxy
    found["no_proxy"] = found["NO_PROXY"] = LOOPBACK
    found.update(dict.fromkeys(BUNDLE_VARIABLES, str(authority.bundle)))
    found.update(dict.fromkeys(EXTRA_VARIABLES, str(authority.extra)))
    found["MOCKREEL_CONTROL_URL"] = control
    found["MOCKREEL_RUN"] = json.dumps({"doors": doors, "allowed": allowed, "proxy": int(proxy.rpartition(":")[2])})
    found["NODE_OPTIONS"] = f"{_node()} {before.get('NODE_OPTIONS', '')}".strip()
    found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PRELOADS / "python"), before.get("PYTHONPATH"))))
    return found


def _node() -> str:
    """The option of Node that loads our preload; a path in it is quoted as Node reads it."""
    path = str(PRELOADS / "node.cjs").replace("\\", "\\\\").replace('"', '\\"')
    return f'--require "{path}"'
