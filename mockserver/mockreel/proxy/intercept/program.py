"""A program whose calls to the providers' hosts are led here: its environment, its guard, and its start."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from mockreel.errors import MockreelError
from mockreel.proxy.intercept.certificate_authority import authority
from mockreel.proxy.intercept.child_process import execute, execute_guarded
from mockreel.proxy.intercept.environment import environment_of
from mockreel.proxy.intercept.guard import Directory, Resolver, Supervisor, Unavailable, supervising
from mockreel.proxy.intercept.host_routes import Routes
from mockreel.proxy.intercept.intercept_proxy import Proxy, proxying
from mockreel.proxy.intercept.signals import Signals
from mockreel.proxy.intercept.traffic_record import Passage

# `auto` takes the guard where there is one, and says so where there is none; `require` starts nothing then.
Guarded = Literal["auto", "require", "off"]


@dataclass(frozen=True, slots=True)
class Program:
    """A program before its start; `environment` gives its environment, with the guard and without."""

    words: Sequence[str]
    proxy: Proxy
    routes: Routes
    directory: Directory
    environment: Callable[[bool], Mapping[str, str]]

    @property
    def passage(self) -> Passage:
        """What came by so far."""
        return self.proxy.passage

    @property
    def ports(self) -> frozenset[int]:
        """The ports of this machine that are its proxy's and name server's."""
        doors = (port for _, port in self.proxy.doors.values())
        return frozenset({int(self.proxy.url.rpartition(":")[2]), self.proxy.names, *doors})

    def execute(self, guard: Guarded, signals: Signals) -> tuple[int, bool]:
        """Run it to its end, behind the guard if that can be had; its exit code, and whether the guard was there.

        Raises:
            NotStarted: there is no such program.
            MockreelError: there is no guard, and one is required.
        """
        if guard != "off":
            try:
                return execute_guarded(self.words, self.environment(True), signals=signals, over=self._supervised), True
            except Unavailable as why:
                self._without(guard, str(why.strerror))
        return execute(self.words, self.environment(False), signals=signals), False

    @contextmanager
    def _supervised(self, listener: int) -> Iterator[None]:
        supervisor = Supervisor(
            self.routes,
            self.directory,
            doors=self.proxy.doors,
            names=self.proxy.names,
            refuse=self.passage.refuse,
            told=self.passage.told,
        )
        with supervising(listener, supervisor):
            yield

    def _without(self, guard: Guarded, why: str) -> None:
        if guard == "require":
            raise MockreelError(f"There is no guard here: {why}. Without one nothing is run: --guard require.")
        self.passage.told(
            f"There is no guard here: {why}. Python and Node programs and what honours HTTPS_PROXY are led here; "
            "anything else could call the real hosts. Run it without a real key, or with --guard require."
        )


@contextmanager
def prepared(
    words: Sequence[str],
    routes: Routes,
    environment: Mapping[str, str],
    *,
    told: Callable[[str], None],
    control: str | None = None,
) -> Iterator[Program]:
    """The authority, the proxy and the name server of a program until the block ends.

    Args:
        environment: what the program's environment would have been.
        told: called with a sentence as soon as something is refused; from any thread.
        control: the URL of the control API, where there is one.

    Raises:
        MockreelError: the authority could not be made.
    """
    passage, directory = Passage(told), Directory(routes.providers)
    names = Resolver(directory, routes, lambda name: passage.refuse(name, routes.refusal(name)))
    with (
        authority(routes.providers, environment) as trusted,
        proxying(routes, trusted.context, passage=passage, names=names) as proxy,
    ):

        def ours(guarded: bool) -> Mapping[str, str]:
            return environment_of(
                environment,
                proxy=proxy.url,
                authority=trusted,
                doors=proxy.doors,
                allowed=routes.allowed,
                control=control,
                guarded=guarded,
            )

        yield Program(words, proxy, routes, directory, ours)
