"""Where the page is, and the cookie by which a browser is known once its user has told the token."""

from starlette.types import Scope

from mockreel.simulator.pipeline import OWN_PATHS

# Where the page is.
PAGE = f"{OWN_PATHS}page"
# Where its user tells the token.
ENTER = f"{PAGE}/enter"
# The cookie that a browser has from then on: drawn, and another one each time.
COOKIE = "mockreel-pass"


def is_entering(scope: Scope) -> bool:
    """Whether a browser tells the token."""
    path: str = scope["path"]
    return scope["method"] == "POST" and path.removeprefix(scope.get("root_path", "")) == ENTER


def reads_html(scope: Scope) -> bool:
    """Whether it is a browser that asks for a page."""
    return any(b"text/html" in value for name, value in scope["headers"] if name == b"accept")
