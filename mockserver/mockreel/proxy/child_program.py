"""A program, unchanged, whose calls to the providers' hosts take the way through the proxy."""

from collections.abc import Callable, Mapping, Sequence

from mockreel.proxy.intercept.host_routes import Routes, former
from mockreel.proxy.intercept.program import prepared
from mockreel.proxy.intercept.signals import catching
from mockreel.proxy.proxy_server import Proxy
from mockreel.server.http.sockets import port_of
from mockreel.server.http.uvicorn_server import in_thread


def run_through(
    proxy: Proxy, words: Sequence[str], *, environment: Mapping[str, str], ready: Callable[[], None]
) -> int:
    """Run a program through the proxy; its exit code. Every host that is no provider's may be called.

    Raises:
        NotStarted: there is no such program.
        MockreelError: the certificate of the run could not be made.
    """
    ports = {host: port_of(proxy.sockets[name]) for host, name in proxy.hosts.items()}
    routes = Routes(ports, ("*",), former(environment))
    with (
        catching() as signals,
        in_thread(proxy, what="The proxy"),
        prepared(words, routes, environment, told=proxy.report.noted) as program,
    ):
        ready()
        return program.execute("auto", signals)[0]
