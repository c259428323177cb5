"""Flask as we use it: spared what each request of ours would ask again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Answer(Response):
    """An answer with headers that are said at the end, where nobody has said otherwise; they are looked at no more, and
    are words of ours.
    """

    unless_said: Sequence[tuple[str, str]] = ()

    def get_wsgi_response(self, environ: WSGIEnvironment) -> Any:
        chunks, status, head = super().get_wsgi_response(environ)
        told = {name.lower() for name, _ in head}
        return chunks, status, [*head, *(more for more in self.unless_said if more[0].lower() not in told)]


class Edge(Flask):
    """Flask, which is told once that no view or hook of ours is a coroutine, and need not look at each, each time."""

    response_class = Answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func
