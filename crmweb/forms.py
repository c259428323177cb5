"""What every form shares: what WTForms finds wrong by itself is said in our words, in the reader's language, and what
is asked once is answered once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the types are of an older WTForms

from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _

_CHOICE: Final = _("Choose one of these.")
_LENGTH: Final = _("%(length)s characters are too many. At most %(max)s fit.")

SAID: Final[dict[str, Any]] = {
    "Not a valid choice.": _CHOICE,
    "Invalid Choice: could not coerce.": _CHOICE,
    "Invalid choice(s): one or more data inputs could not be coerced.": _CHOICE,
    "'%(value)s' is not a valid choice for this field.": _CHOICE,
    "Not a valid time value.": _("Give a time such as 21:00."),
    "This field is required.": _("Fill this in."),
    "Field cannot be longer than %(max)d character.": _LENGTH,
}
"""WTForms' words for what our fields and validators refuse → ours; it fills the gaps of a length."""


def options(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    """What a field offers, from its values and their names."""
    return [SelectChoice(value, name) for value, name in pairs]


class _Words:
    """What WTForms takes for its translations."""

    @staticmethod
    def gettext(text: str) -> str:
        return str(SAID.get(text, text))

    @staticmethod
    def ngettext(one: str, many: str, count: int) -> str:
        return str(SAID.get(one, one if count == 1 else many))


class Form(wtforms.Form):
    """What a form of ours is made of."""

    class Meta(wtforms.meta.DefaultMeta):
        def get_translations(self, form: wtforms.form.BaseForm) -> Any:
            return _Words

    def validate(self, extra_validators: Any = None) -> bool:
        """Nobody chooses for us which of two answers was meant. A field that takes several says so (`several`)."""
        super().validate(extra_validators)
        for field in self:
            several = isinstance(field, wtforms.SelectMultipleField) or getattr(field, "several", False)
            if not several and len(set(getattr(field, "raw_data", None) or ())) > 1:
                field.errors = [gettext("Two answers came for this. Give one.")]
        return not self.errors
