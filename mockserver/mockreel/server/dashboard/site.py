"""The dashboard as an application: routes, headers, streams. Its changes go through the control API."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from mockreel import __version__
from mockreel.contract.messages.message import Request as Message
from mockreel.errors import MockreelError
from mockreel.server.cooperative_loop import settle_jobs, yielding
from mockreel.server.dashboard.browser_pass import PAGE
from mockreel.server.dashboard.control_pages import AccountsView, ReadingsView, RulesView
from mockreel.server.dashboard.live_updates import Streams
from mockreel.server.dashboard.look_back import LookBack
from mockreel.server.dashboard.operations_page import OperationsView
from mockreel.server.dashboard.pages import (
    DeliveriesView,
    ExchangeView,
    JobsView,
    JobView,
    JournalView,
    Lost,
    MakeView,
    PageContext,
    clock_region,
)
from mockreel.server.dashboard.renderer import Region, Rendering
from mockreel.server.dashboard.security_headers import HEADERS
from mockreel.server.dashboard.static_files import stamp, static
from mockreel.simulator import provider_files
from mockreel.simulator.events import Event
from mockreel.simulator.pipeline import OWN_PATHS
from mockreel.simulator.simulator import Simulator

# The most events that are reported one by one; of more, their number.
MOST_REPORTED = 3

VIEWS: Mapping[str, MakeView] = {
    "/": JobsView,
    "/jobs/{provider}/{id:path}": JobView,
    "/journal": JournalView,
    "/journal/{number}": ExchangeView,
    "/deliveries": DeliveriesView,
    "/rules": RulesView,
    "/readings": ReadingsView,
    "/accounts": AccountsView,
    "/api": OperationsView,
}


def _unknown(context: PageContext) -> NoReturn:
    raise Lost(f"There is no page {context.params['unknown'][:200]!r}. The pages are those at the top.")


class Site:
    """The pages over one mock server."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._streams = Streams(simulator)
        self._look_back = LookBack(simulator)

    @cached_property
    def _rendering(self) -> Rendering:
        """The templates, read on the first request for a page."""
        return Rendering()

    def compile(self) -> None:
        """Read and compile the templates, which takes a while: in any thread, before the first request."""
        self._rendering.compile()

    def app(self) -> Starlette:
        """Every page below `/_mockreel/page`."""
        routes = [Route(PAGE + path, self._endpoint(make), methods=["GET"]) for path, make in VIEWS.items()]
        routes += [
            Route(f"{PAGE}/at/{{moment}}{path}", self._endpoint(make), methods=["GET"]) for path, make in VIEWS.items()
        ]
        routes += [
            Route(f"{PAGE}/at", self._moment, methods=["GET"]),
            Route(PAGE, self._home, methods=["GET"]),
            Route(OWN_PATHS, self._home, methods=["GET"]),
            Route(f"{PAGE}/static/{{name}}", self._static, methods=["GET"]),
            Route(f"{PAGE}/clips/{{provider}}/{{id:path}}", self._clip, methods=["GET"]),
            Route(f"{PAGE}/{{unknown:path}}", self._endpoint(_unknown), methods=["GET"]),
        ]
        return Starlette(routes=routes)

    async def _home(self, request: Request) -> Response:
        return RedirectResponse(f"{_root(request)}{PAGE}/", 307, headers=HEADERS)

    async def _moment(self, request: Request) -> Response:
        """Lead to a page as it was at the moment that a form names; where it names none, at this one."""
        text = request.query_params.get("moment", "") or repr(self._simulator.clock.now())
        page = quote(request.query_params.get("page", ""), safe="/%")
        try:
            text = text.strip()
            is_whole = "@" in text or text.startswith("-")
            text = str(self._look_back.moment(text if is_whole else text + request.query_params.get("behind", "")))
        except MockreelError:  # the page says what is wrong with it
            text = quote(text, safe="")
        return RedirectResponse(f"{_root(request)}{PAGE}/at/{text}/{page}", 303, headers=HEADERS)

    async def _static(self, request: Request) -> Response:
        return static(request.path_params["name"], stamped=request.url.query)

    async def _clip(self, request: Request) -> Response:
        """What a job made, under the page's own origin; it stays there when its address has expired elsewhere."""
        provider = self._simulator.providers.get(request.path_params["provider"])
        if provider is None:
            return Response(status_code=404, headers=HEADERS)
        message = Message(request.method, request.url.path, request.headers.raw, b"", b"", "")
        response = provider_files.clip(provider, message, request.path_params["id"])
        headers = {name.decode(): value.decode() for name, value in response.headers}
        return Response(response.body, response.status, headers={**headers, **HEADERS})

    def _endpoint(self, make: MakeView) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            context = self._context(request)
            page = _page(request)
            try:
                if "moment" in context.params:
                    context = await self._past_context(context)
                view = make(context)
            except (Lost, MockreelError) as lost:
                at_moment = "moment" in context.params and context.past is None
                heading = "This moment cannot be shown" if at_moment else "Not found"
                title = heading if at_moment else "Not on this mock server"
                why = {"heading": heading, "detail": str(lost)}
                return self._answer(context, "lost.html", 404, title=title, here="", page=page, lost=why)
            if "live" in request.query_params:
                return self._stream(context, make)
            await settle_jobs(context.simulator.providers.values())
            async for _ in yielding(context.simulator.events.starting()):
                pass
            async for _ in yielding(view.looking()):
                pass
            regions = {region.name: region for region in view.regions()}
            return self._answer(
                context,
                view.template,
                200,
                title=view.title,
                here=view.tab,
                page=page,
                regions=regions,
                **view.values(),
            )

        return endpoint

    def _context(self, request: Request) -> PageContext:
        params = {name: str(value) for name, value in request.path_params.items()}
        base = f"{_root(request)}{PAGE}"
        return PageContext(self._simulator, self._rendering, base, base, None, params, dict(request.query_params))

    async def _past_context(self, context: PageContext) -> PageContext:
        """The context of a moment; takes and raises what `LookBack.at` does."""
        past, moment = await self._look_back.at(context.params["moment"])
        return replace(context, simulator=past, base=f"{context.root}/at/{moment.name}", past=moment)

    def _answer(
        self,
        context: PageContext,
        template: str,
        status: int,
        *,
        title: str,
        here: str,
        page: str,
        regions: Mapping[str, Region] | None = None,
        lost: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        html = self._rendering.page(
            template,
            **values,
            lost=lost,
            title=title,
            here=here,
            page=page,
            past=context.past,
            looks_back=self._simulator.history is not None,
            base=context.base,
            root=context.root,
            own=context.root.removesuffix("page"),
            version=stamp(),
            release=__version__,
            titles=[provider.contract.title for provider in self._simulator.providers.values()],
            tabs=[(name, path, None) for name, path in TABS],
            regions={"clock": clock_region(context), **(regions or {})},
        )
        return HTMLResponse(html, status, headers=HEADERS)

    def _stream(self, context: PageContext, make: MakeView) -> Response:
        if self._streams.full:
            return Response(status_code=503, headers={**HEADERS, "retry-after": "5"})

        def look() -> Generator[None, None, Iterable[Region]]:
            try:
                view = make(context)
                yield from view.looking()
                return [clock_region(context), *view.regions()]
            except Lost:
                return [clock_region(context)]

        stream = self._streams.follow(look, _news)
        return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)


TABS = (
    ("Jobs", ""),
    ("Journal", "journal"),
    ("Deliveries", "deliveries"),
    ("Rules", "rules"),
    ("Readings", "readings"),
    ("Accounts", "accounts"),
    ("API", "api"),
)


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _page(request: Request) -> str:
    """Which page is asked for, below where the pages are mounted or below its moment."""
    _, _, page = request.url.path.partition(f"{PAGE}/")
    return page.split("/", 2)[2] if "moment" in request.path_params else page


def _news(events: Iterable[Event]) -> Mapping[str, Any]:
    """What happened, for who does not see it: in words of ours."""
    texts = [text for event in events if (text := _in_words(event))]
    shown = texts[-MOST_REPORTED:] if len(texts) <= MOST_REPORTED else [f"{len(texts)} events; the last: {texts[-1]}"]
    return {"news": "; ".join(shown)} if shown else {}


def _in_words(event: Event) -> str:
    fields = event.fields
    if event.kind == "state":
        return f"job {event.job} is {fields['word']}"
    if event.kind == "request" and fields.get("refusal"):
        return f"{fields['method']} {fields['path']} was rejected: {fields['refusal']}"
    if event.kind == "attempt":
        return f"{fields['event']} {'answered ' + str(fields['status']) if fields['status'] else 'not delivered'}"
    return "" if event.kind in ("request", "clock") else event.kind
