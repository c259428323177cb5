"""The way between phones and the house: slow, lossy or shut, as mobile networks are. TCP, by the byte."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from contextlib import suppress

from tests.supervisor.product import free_port

OPEN, REFUSED, SILENT = "open", "refused", "silent"
"""What whoever comes finds: the house; nobody who answers; a line on which nothing ever comes back."""

ARRIVES, UNHEARD, UNANSWERED, CUT = "arrives", "unheard", "unanswered", "cut"
"""What becomes of one connection: all goes well; the house never hears of it; it does, and its answer is lost; the
line breaks while the request is under way."""

PIECE = 1024
"""Bytes that go at once."""
IN_HALF = 300
"""Bytes of a request after which its line breaks: in its headers."""
GIVEN_UP = 60.0
"""Seconds after which nobody waits any more for an answer that is lost."""


class Gate:
    """Listens at a port of its own for the house at another; lives on a thread until it is closed."""

    def __init__(
        self, house: int, *, bytes_a_second: float = math.inf, fate: Callable[[], str] = lambda: ARRIVES
    ) -> None:
        self.port = free_port()
        self._house, self._pace, self._fate = house, bytes_a_second, fate
        self._state = OPEN
        self._server: asyncio.Server | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.turn(OPEN)

    def turn(self, state: str) -> None:
        """Be so from now on; what is under way breaks off."""
        asyncio.run_coroutine_threadsafe(self._turn(state), self._loop).result(10)

    def close(self) -> None:
        self.turn(REFUSED)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _turn(self, state: str) -> None:
        self._state = state
        if self._server is not None and state == REFUSED:
            self._server.close()
            self._server = None
        if self._server is None and state != REFUSED:
            self._server = await asyncio.start_server(self._come, "127.0.0.1", self.port, backlog=1024)
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._carry(reader, writer))
        self._under_way.add(task)
        try:
            await asyncio.gather(task, return_exceptions=True)
        finally:
            self._under_way.discard(task)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._state == SILENT:
            await asyncio.Event().wait()
        fate = self._fate()
        if fate == UNHEARD:
            await reader.read(PIECE)
            return
        try:
            inside, outside = await asyncio.open_connection("127.0.0.1", self._house)
        except OSError:
            return
        try:
            await self._between(fate, (reader, outside), (inside, writer))
        finally:
            outside.transport.abort()

    async def _between(
        self,
        fate: str,
        going: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        coming: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        there = asyncio.ensure_future(self._pump(*going, most=IN_HALF if fate == CUT else math.inf))
        try:
            if fate == CUT:
                await there
            elif fate == UNANSWERED:
                with suppress(TimeoutError):
                    await asyncio.wait_for(coming[0].read(), GIVEN_UP)
            else:
                await self._pump(*coming)
        finally:
            there.cancel()
            await asyncio.gather(there, return_exceptions=True)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: float = math.inf
    ) -> None:
        """Hand on what comes, at the pace of the line, until it ends or so much has gone."""
        with suppress(OSError):
            while most > 0 and (piece := await reader.read(int(min(PIECE, most)))):
                await asyncio.sleep(len(piece) / self._pace)
                writer.write(piece)
                await writer.drain()
                most -= len(piece)
            if most > 0 and writer.can_write_eof():
                writer.write_eof()
