"""A provider's messages on a WebSocket: accepted if the address is known, closed after the last message."""

import contextlib

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from mockreel.simulator.provider import Provider

# The close code of a server that has nothing at an address, before it accepts (RFC 6455: policy violation).
POLICY_VIOLATION = 1008


async def follow(provider: Provider, path: str, socket: WebSocket) -> None:
    """Send a provider's messages until they end or the client leaves; reject an unknown address."""
    provider.scheduler.start()
    opened = provider.adapter.sockets.get(path)
    stream = opened(provider, socket.query_params) if opened is not None else None
    if stream is None:
        await socket.close(POLICY_VIOLATION)
        return
    await socket.accept()
    async with anyio.create_task_group() as both:
        both.start_soon(_until_closed, socket, both.cancel_scope)
        async with contextlib.aclosing(stream):
            async for text in stream:
                await socket.send_text(text)
        both.cancel_scope.cancel()
    if socket.client_state is WebSocketState.CONNECTED:
        await socket.close()


async def _until_closed(socket: WebSocket, scope: anyio.CancelScope) -> None:
    """Read and drop the client's messages; when it leaves, sending ends."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
    scope.cancel()
