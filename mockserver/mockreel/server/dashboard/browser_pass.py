"""The address of the page, and the cookie that a browser has after login."""

from starlette.types import Scope

from mockreel.simulator.pipeline import OWN_PATHS

# Where the page is.
PAGE = f"{OWN_PATHS}page"
# The login form.
ENTER = f"{PAGE}/enter"
# The cookie that a browser has from then on: drawn, and another one each time.
COOKIE = "mockreel-pass"


def is_entering(scope: Scope) -> bool:
    """Whether a browser sends the login form."""
    path: str = scope["path"]
    return scope["method"] == "POST" and path.removeprefix(scope.get("root_path", "")) == ENTER


def reads_html(scope: Scope) -> bool:
    """Whether it is a browser that requests a page."""
    return any(b"text/html" in value for name, value in scope["headers"] if name == b"accept")
