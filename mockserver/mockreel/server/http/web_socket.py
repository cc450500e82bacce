"""What a provider tells on a WebSocket: accepted where the address is known, closed when all is told."""

import contextlib

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from mockreel.simulator.provider import Provider

# The close code of a server that has nothing at an address, before it accepts (RFC 6455: policy violation).
REFUSED = 1008


async def follow(provider: Provider, path: str, socket: WebSocket) -> None:
    """Send what a provider tells at an address until it ends or the client leaves; refuse an unknown address."""
    provider.scheduler.start()
    opened = provider.adapter.sockets.get(path)
    stream = opened(provider, socket.query_params) if opened is not None else None
    if stream is None:
        await socket.close(REFUSED)
        return
    await socket.accept()
    async with anyio.create_task_group() as both:
        both.start_soon(_until_left, socket, both.cancel_scope)
        async with contextlib.aclosing(stream):
            async for text in stream:
                await socket.send_text(text)
        both.cancel_scope.cancel()
    if socket.client_state is WebSocketState.CONNECTED:
        await socket.close()


async def _until_left(socket: WebSocket, scope: anyio.CancelScope) -> None:
    """Read and drop what the client says; when it leaves, nothing more is told."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
    scope.cancel()
