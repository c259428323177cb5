"""What every template must keep to: used, translated, no inline script or style, htmx stated in full."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes
from jinja2.filters import FILTERS

REQUESTS = ("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete")
SAID_ALOUD = ("alt", "aria-label", "placeholder", "title")
NOT_FOR_READING = {"script", "style", "svg", "code", "kbd"}
"""Elements whose text is not language."""
LOOKED_AT_BY_US = {"styleguide.html"}
"""Pages that no user sees."""
SAME_IN_EVERY_LANGUAGE = {"crmweb", "km", "zalo", "sms", "gps", "csv", "json", "xlsx", "vcard"}
GAP = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands where a template's own expression stood."""

CLASS_NAMES = re.compile(r"{% block \w*class %}[^<]*?{% endblock[^%]*%}")
"""A page's word for its layout, which stands in an attribute there."""

Attributes = dict[str, str | None]


def _templates(project: Path) -> list[Path]:
    return sorted((project / "templates").rglob("*.html"))


def _bare(template: Path) -> str:
    """The template's HTML, with a gap for each expression and nothing for each statement."""
    parts: list[str] = []
    inside = ""
    read = CLASS_NAMES.sub("", template.read_text())
    for _line, kind, value in Environment(autoescape=True).lex(read):
        if kind == "data":
            parts.append(value)
        elif kind in ("variable_begin", "block_begin"):
            inside = kind
        elif kind == "variable_end" and inside == "variable_begin":
            parts.append("x-gap" if parts and parts[-1].endswith(("<", "</")) else GAP)
    return "".join(parts)


class _Reading(HTMLParser):
    """Collects the start tags, and the text between them that people would read."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.texts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in NOT_FOR_READING:
            self._hidden.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)


def _read(template: Path) -> _Reading:
    reading = _Reading()
    reading.feed(_bare(template))
    return reading


def _elements(project: Path) -> Iterator[tuple[str, str, Attributes]]:
    for template in _templates(project):
        for tag, attributes in _read(template).elements:
            yield template.relative_to(project).as_posix(), tag, attributes


def _words(text: str | None) -> list[str]:
    found = re.findall(r"[^\W\d_]{2,}", (text or "").replace(GAP, " "))
    return [word for word in found if word.lower() not in SAME_IN_EVERY_LANGUAGE]


def test_every_template_is_used(project: Path) -> None:
    python = "\n".join(path.read_text() for path in (project / "crmweb").rglob("*.py"))
    html = "\n".join(path.read_text() for path in _templates(project))
    names = [path.relative_to(project / "templates").as_posix() for path in _templates(project)]
    assert [name for name in names if f'"{name}"' not in python and f'"{name}"' not in html] == []


def test_every_word_that_people_read_can_be_translated(project: Path) -> None:
    untranslated = [
        (template.relative_to(project).as_posix(), words)
        for template in _templates(project)
        if template.name not in LOOKED_AT_BY_US
        for text in _read(template).texts
        if (words := _words(text))
    ]
    assert untranslated == []


def test_every_label_can_be_translated(project: Path) -> None:
    labels = [
        (where, name, attributes[name])
        for where, _tag, attributes in _elements(project)
        if Path(where).name not in LOOKED_AT_BY_US
        for name in SAID_ALOUD
        if _words(attributes.get(name))
    ]
    assert labels == []


def test_no_template_carries_script_or_style_of_its_own(project: Path) -> None:
    """The content security policy would refuse them in the browser, silently for the person."""
    inline = [
        (where, tag, name)
        for where, tag, attributes in _elements(project)
        for name in attributes
        if name == "style" or name.startswith(("on", "hx-on")) or (attributes[name] or "").startswith("js:")
    ]
    inline += [
        (where, tag, "") for where, tag, attributes in _elements(project) if _is_inline(tag, attributes)
    ]
    assert inline == []


def _is_inline(tag: str, attributes: Attributes) -> bool:
    return tag == "style" or (tag == "script" and "src" not in attributes)


def test_every_htmx_request_says_where_its_answer_goes(project: Path) -> None:
    """Nothing is inherited, so that an element can be read, and moved, alone."""
    silent = [
        (where, tag, dict(attributes))
        for where, tag, attributes in _elements(project)
        if any(name in attributes for name in REQUESTS)
        and not ("hx-target" in attributes and "hx-swap" in attributes)
    ]
    assert silent == []


def test_no_words_are_worked_out_when_the_template_is_read(project: Path) -> None:
    """Jinja applies a filter to a constant once and for all, in the language of whoever comes first."""
    reader = Environment(autoescape=True, extensions=["jinja2.ext.do", "jinja2.ext.i18n"])
    once = [
        (template.relative_to(project).as_posix(), each.name)
        for template in _templates(project)
        for each in reader.parse(template.read_text()).find_all(nodes.Filter)
        if isinstance(each.node, nodes.Literal) and each.name not in FILTERS
    ]
    assert once == []


def test_nothing_is_let_through_unescaped(project: Path) -> None:
    unescaped = re.compile(r"\|\s*safe\b|autoescape\s+false")
    assert [str(path) for path in _templates(project) if unescaped.search(path.read_text())] == []


@pytest.mark.parametrize("words", ["Xin chào", "Save"])
def test_the_guard_sees_a_word_that_was_left_in_the_open(tmp_path: Path, words: str) -> None:
    template = tmp_path / "page.html"
    template.write_text(f"<p>{{{{ _('Fine') }}}} <b>{words}</b> {{% if x %}}km{{% endif %}}</p>")
    assert [word for text in _read(template).texts for word in _words(text)] == words.split()
