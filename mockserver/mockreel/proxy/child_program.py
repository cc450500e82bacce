"""Run an unchanged program with its calls to the providers' hosts sent through the proxy."""

from collections.abc import Callable, Mapping, Sequence

from mockreel.proxy.intercept.host_routes import Routes, previous_proxies
from mockreel.proxy.intercept.program import prepared
from mockreel.proxy.intercept.signals import catching
from mockreel.proxy.proxy_server import Proxy
from mockreel.server.http.sockets import port_of
from mockreel.server.http.uvicorn_server import in_thread


def run_through(
    proxy: Proxy, command: Sequence[str], *, environment: Mapping[str, str], ready: Callable[[], None]
) -> int:
    """Run a program through the proxy and return its exit code. Hosts of no provider may be called directly.

    Raises:
        NotStarted: the program does not exist.
        MockreelError: the certificate of the run could not be created.
    """
    ports = {host: port_of(proxy.sockets[name]) for host, name in proxy.hosts.items()}
    routes = Routes(ports, ("*",), previous_proxies(environment))
    with (
        catching() as signals,
        in_thread(proxy, what="The proxy"),
        prepared(command, routes, environment, report=proxy.report.noted) as program,
    ):
        ready()
        return program.execute("auto", signals)[0]
