"""Vietnamese is complete: whoever reads it never meets an English word by accident."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "pgettext": ((1, "c"), 2),
    "_l": None,
}


@pytest.fixture(scope="module")
def said() -> Catalog:
    """Every text of the code and the templates."""
    project = Path(__file__).resolve().parents[2]
    with (project / "dev" / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    catalogue = Catalog()
    found = extract_from_dir(str(project), methods, options, keywords=KEYWORDS, directory_filter=_ours)
    for file, line, text, _comments, context in found:
        catalogue.add(text, locations=[(file, line)], context=context)
    return catalogue


def _ours(folder: str) -> bool:
    return Path(folder).name not in {"node_modules", "tests", "static", "var"} and not Path(
        folder
    ).name.startswith(".")


@pytest.fixture(scope="module")
def vietnamese() -> Catalog:
    file = Path(__file__).resolve().parents[2] / "crmweb/translations/vi/LC_MESSAGES/messages.po"
    with file.open("rb") as catalogue:
        return read_po(catalogue, locale="vi")


def _translation(message: Message, catalogue: Catalog) -> Message | None:
    return catalogue.get(
        message.id if isinstance(message.id, str) else message.id[0], context=message.context
    )


def _forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or [""])


def test_every_text_has_its_vietnamese(said: Catalog, vietnamese: Catalog) -> None:
    """`make translations` adds what is new; then fill in the empty `msgstr` lines."""
    missing = []
    for message in said:
        found = _translation(message, vietnamese) if message.id else message
        if message.id and (found is None or found.fuzzy or not all(_forms(found.string))):
            missing.append((message.locations[:1], message.id))
    assert missing == []


def test_vietnamese_fills_the_same_gaps(vietnamese: Catalog) -> None:
    """A name misspelt in `%(name)s` would be an error on the page."""
    for message in vietnamese:
        if message.id:
            allowed = {gap for text in _forms(message.id) for gap in _gaps(text)}
            for form in _forms(message.string):
                assert _gaps(form) <= allowed, message.id


def _gaps(text: str) -> set[str]:
    named = {part.split(")")[0] for part in text.split("%(")[1:]}
    braces = (
        {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}
        if "{" in text
        else set()
    )
    return named | braces


def test_nothing_is_translated_that_nobody_says_any_more(said: Catalog, vietnamese: Catalog) -> None:
    stale = [message.id for message in vietnamese if message.id and _translation(message, said) is None]
    assert stale == []
