"""What people type at the door and in their settings."""

from __future__ import annotations

from typing import Any

from flask_login import current_user
from wtforms import Form, PasswordField, RadioField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from crmweb.accounts import passwords
from crmweb.languages import LOCALES, NAMES
from crmweb.languages import lazy_gettext as _


class SignInForm(Form):
    email = StringField(_("Email"), [InputRequired(_("Type your email.")), Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(_("Type your password.")), Length(max=1024)])


class PasswordForm(Form):
    """A new password; the one in force is asked for too, where there is one."""

    current = PasswordField(_("Password now"), [Length(max=1024)])
    password = PasswordField(_("New password"), [InputRequired(_("Type a new password."))])

    def validate_password(self, field: Any) -> None:
        if wrong := passwords.flaw(field.data, current_user.name, current_user.email or ""):
            raise ValidationError(wrong)


class LookForm(Form):
    """Language and theme; empty means that the browser decides."""

    locale = RadioField(
        _("Language"),
        choices=[("", _("As in the browser")), *((code, NAMES[code]) for code in LOCALES)],
        default="",
    )
    theme = RadioField(
        _("Look"),
        choices=[("", _("As on this device")), ("light", _("Light")), ("dark", _("Dark"))],
        default="",
    )
