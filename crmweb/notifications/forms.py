"""What people say about how they want to be told."""

from __future__ import annotations

from typing import Any

from wtforms import TimeField
from wtforms.validators import Optional

from crmweb.forms import Form
from crmweb.languages import lazy_gettext as _


class QuietHoursForm(Form):
    """From when until when nobody is disturbed; both empty: never."""

    quiet_from = TimeField(_("From when"), [Optional()])
    quiet_until = TimeField(_("Until when"), [Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        """Half of it, or none of the day, is no quiet time."""
        well = super().validate(extra_validators)
        for field in self:
            if field.errors and field.process_errors:
                field.errors = [_("Give a time such as 21:00.")]
        return well and self._is_a_span()

    def _is_a_span(self) -> bool:
        begins, ends = self.quiet_from.data, self.quiet_until.data
        if (begins is None) != (ends is None):
            self.quiet_until.errors = [_("Give both times, or none.")]
        elif begins is not None and begins == ends:
            self.quiet_until.errors = [_("Give two different times.")]
        return not self.quiet_until.errors
