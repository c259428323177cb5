"""A phone's way to the server: a proxy on loopback as slow as slow 4G, for the page and its service worker alike.

150 ms there and back, 1.6 Mbit/s down and 0.75 up, shared by all connections: what Lighthouse calls slow 4G.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

ONE_WAY = 0.075
"""Seconds."""
DOWN, UP = 1_600_000 / 8, 750_000 / 8
"""Bytes a second."""
PIECE = 1460
"""Bytes, as a packet holds them."""


class _Line:
    """One direction. Bytes leave one after the other, whoever sends them, and arrive `ONE_WAY` later."""

    def __init__(self, rate: float) -> None:
        self.rate, self.free_at = rate, 0.0

    def arrival(self, size: int) -> float:
        """When so many bytes, sent now, are there."""
        self.free_at = max(self.free_at, monotonic()) + size / self.rate
        return self.free_at + ONE_WAY


class _Proxy:
    def __init__(self, port: int) -> None:
        self.port, self.down, self.up = port, _Line(DOWN), _Line(UP)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * ONE_WAY)  # the greeting of TCP
        there = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(self._carry(reader, there[1], self.up), self._carry(there[0], writer, self.down))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: _Line) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(_deliver(waiting, writer))
        try:
            while piece := await reader.read(PIECE):
                waiting.put_nowait((line.arrival(len(piece)), piece))
        except ConnectionError:
            pass
        waiting.put_nowait((0.0, b""))
        await delivering


async def _deliver(waiting: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
    try:
        while (sent := await waiting.get())[1]:
            await asyncio.sleep(max(0.0, sent[0] - monotonic()))
            writer.write(sent[1])
            await writer.drain()
        writer.close()
    except ConnectionError:
        pass


@contextmanager
def slowly(port: int) -> Iterator[int]:
    """The port at which a server on `port` is reached as over slow 4G."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    listening: list[int] = []

    async def listen() -> None:
        server = await asyncio.start_server(_Proxy(port).serve, "127.0.0.1", 0)
        listening.append(server.sockets[0].getsockname()[1])
        ready.set()

    def run() -> None:
        loop.run_until_complete(listen())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    yield listening[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
