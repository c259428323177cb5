"""Customers on the screen."""

from __future__ import annotations

from flask import Flask

from crmweb.customers import words


def init_app(app: Flask) -> None:
    words.init_app(app)
