"""What people type at the door and in their settings."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from flask_login import current_user
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from crmweb.accounts import passwords
from crmweb.accounts.passkeys import LONGEST_CREDENTIAL, LONGEST_NAME
from crmweb.accounts.tries import Verdict
from crmweb.forms import Form, options
from crmweb.languages import LOCALES, NAMES, gettext
from crmweb.languages import lazy_gettext as _
from crmweb.names import nfc

if TYPE_CHECKING:
    from crmweb.accounts.models import User

CONTINENTS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


class SignInForm(Form):
    email = StringField(_("Email"), [InputRequired(_("Type your email.")), Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(_("Type your password.")), Length(max=1024)])
    shared = BooleanField(_("Others use this device, too"))


class CodeForm(Form):
    """A code of six digits, or a recovery code."""

    code = StringField(_("Your code"), [InputRequired(_("Type the code.")), Length(max=40)])


class ProofForm(Form):
    """What shows once more that it is you; asked for as far as there is something to show."""

    password = PasswordField(_("Password"), [Length(max=1024)])
    code = StringField(_("Your code"), [Length(max=40)])


class PasskeyForm(Form):
    """What the browser made, and what its person calls it."""

    name = StringField(_("Name"), [Length(max=LONGEST_NAME)])
    credential = StringField("", [InputRequired(), Length(max=LONGEST_CREDENTIAL)])


def words_for(verdict: Verdict, wrong: str) -> list[str]:
    """What is said of a try; nothing of a right one."""
    tired = gettext("Too many tries. Wait a quarter of an hour, or ask your admin for a link.")
    enough = gettext("Too many wrong codes today. Come in with a passkey, or ask your admin for a link.")
    heard = {Verdict.WRONG: [wrong], Verdict.TIRED: [tired], Verdict.ENOUGH: [enough]}
    return heard.get(verdict, [])


def code_words(verdict: Verdict) -> list[str]:
    wrong = gettext(
        "That code is not right, or was used already. Wait for the next one, or take a recovery code."
    )
    return words_for(verdict, wrong)


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
        choices=options([("", _("As in the browser")), *((code, NAMES[code]) for code in LOCALES)]),
        default="",
    )
    theme = RadioField(
        _("Look"),
        choices=options([("", _("As on this device")), ("light", _("Light")), ("dark", _("Dark"))]),
        default="",
    )


class EmailField(StringField):
    """One address, without spaces around."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0].strip() if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        try:
            validate_email(self.data or "", check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError(_("Type one whole email address, such as lan@example.com.")) from None


class ResetForm(Form):
    email = EmailField(_("Email"), [Length(max=254)])


class NewPasswordForm(Form):
    """A password for somebody who is not signed in."""

    password = PasswordField(_("New password"), [InputRequired(_("Type a new password."))])
    known: tuple[str, ...] = ()

    def known_of(self, person: User) -> None:
        """What others know about its owner."""
        self.known = (person.name, person.email or "")

    def validate_password(self, field: Any) -> None:
        if wrong := passwords.flaw(field.data, *self.known):
            raise ValidationError(wrong)


class NameField(StringField):
    """A person's name on one line, without what cannot be seen or turns the writing round."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = nfc(valuelist[0]) if valuelist else ""
        self.data = "".join(char for char in typed if char.isprintable()).strip()


class FirstAdminForm(NewPasswordForm):
    name = NameField(_("Your name"), [InputRequired(_("Type your name.")), Length(max=200)])
    email = EmailField(_("Email"), [Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(_("Type a password."))])

    def validate_name(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Type your name."))

    def validate_password(self, field: Any) -> None:
        self.known = (self.name.data or "", self.email.data or "")
        super().validate_password(field)


@cache
def zones() -> list[tuple[str, str]]:
    """The zones of the world, by continent and city."""
    named = sorted(
        zone for zone in available_timezones() if zone.startswith(tuple(f"{c}/" for c in CONTINENTS))
    )
    return [(zone, zone.replace("_", " ")) for zone in named]


class WelcomeForm(Form):
    """What makes the account one's own on the first day. The password is for who can sign in with one."""

    locale = RadioField(_("Language"), choices=options((code, NAMES[code]) for code in LOCALES))
    zone = SelectField(_("Time zone"), choices=lambda: options(zones()))
    password = PasswordField(_("Password"))

    def validate_password(self, field: Any) -> None:
        if field.data and (wrong := passwords.flaw(field.data, current_user.name, current_user.email or "")):
            raise ValidationError(wrong)
