"""Flask as we use it: spared what each request of ours would ask again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Limited(Response):
    """An answer with what it may do: said at the end, as it stands, where its view has not said otherwise."""

    limits: Sequence[tuple[str, str]] = ()

    def get_wsgi_response(self, environ: WSGIEnvironment) -> Any:
        chunks, status, head = super().get_wsgi_response(environ)
        told = {name.lower() for name, _ in head}
        return chunks, status, [*head, *(limit for limit in self.limits if limit[0].lower() not in told)]


class Edge(Flask):
    """Flask, which is told once that no view or hook of ours is a coroutine, and need not look at each, each time."""

    response_class = Limited

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func
