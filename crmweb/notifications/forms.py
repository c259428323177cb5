"""What people say about how they want to be told."""

from __future__ import annotations

from typing import Any

from wtforms import Form, TimeField, ValidationError
from wtforms.validators import Optional

from crmweb.languages import lazy_gettext as _


class QuietHoursForm(Form):
    """From when until when nobody is disturbed; both empty: never."""

    quiet_from = TimeField(_("From when"), [Optional()])
    quiet_until = TimeField(_("Until when"), [Optional()])

    def validate_quiet_until(self, field: Any) -> None:
        """Half of it, or none of the day, is no quiet time."""
        if (field.data is None) != (self.quiet_from.data is None):
            raise ValidationError(_("Give both times, or none."))
        if field.data is not None and field.data == self.quiet_from.data:
            raise ValidationError(_("Give two different times."))
