"""What an admin fills in about a template."""

from __future__ import annotations

from typing import Any, Final

from wtforms import ValidationError

from crmweb.customers.fields import Choice, Line, Lines, a_name, is_blank
from crmweb.followups.letters import LONGEST_SUBJECT, LONGEST_TEXT
from crmweb.followups.message_templates import APPROVALS, EMAIL, SMS, ZALO, MessageTemplate
from crmweb.followups.tokens import TOKENS, flaw_of
from crmweb.forms import Form, options
from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _

LONGEST_SMS_TEXT: Final = 600
DEAREST: Final = 10_000_000
CURRENCIES: Final = {"VND": 0, "USD": 2, "EUR": 2}
"""Currency (ISO 4217) → its decimals."""


class TemplateForm(Form):
    """A template with its words for each channel; empty where it has none."""

    name = Line(_("Name"), [a_name], most=80)
    purpose = Line(_("When to use it"), most=200)
    subject = Line(_("Subject"), most=LONGEST_SUBJECT)
    email = Lines(_("Text"), most=LONGEST_TEXT)
    sms = Lines(_("Text of the SMS"), most=LONGEST_SMS_TEXT)
    zalo_id = Line(_("Id of the template at Zalo"), most=80)
    zalo_parameters = Line(_("Its parameters"), most=200)
    zalo_approval = Choice(
        _("Approved by Zalo"),
        default="none",
        choices=options([
            ("none", _("Not asked")), ("waiting", _("Waiting")), ("approved", _("Approved")), ("refused", _("Refused")),
        ]),
    )  # fmt: skip
    zalo_price = Line(_("Price of one message"), most=20)
    zalo_currency = Choice(_("Currency"), default="VND", choices=options((code, code) for code in CURRENCIES))

    @classmethod
    def of(cls, template: MessageTemplate) -> TemplateForm:
        """As it opens."""
        email, sms, zalo = (template.wording(channel) for channel in (EMAIL, SMS, ZALO))
        data: dict[str, Any] = {"name": template.name, "purpose": template.purpose}
        if email:
            data |= {"subject": email.subject, "email": email.text}
        if sms:
            data["sms"] = sms.text
        if zalo:
            data |= {
                "zalo_id": zalo.provider_id, "zalo_parameters": ", ".join(zalo.parameters),
                "zalo_approval": zalo.approval, "zalo_currency": zalo.currency or "VND",
                "zalo_price": price_words(zalo.price_minor, zalo.currency or "VND"),
            }  # fmt: skip
        return cls(data=data)

    def validate_subject(self, field: Any) -> None:
        _sound(field)
        if self.email.data and is_blank(field.data or ""):
            raise ValidationError(gettext("An email needs a subject."))

    def validate_email(self, field: Any) -> None:
        _sound(field)
        if is_blank(field.data or "") and is_blank(self.sms.data or "") and not self.zalo_id.data:
            raise ValidationError(gettext("Give it words for one channel at least."))

    def validate_sms(self, field: Any) -> None:
        _sound(field)

    def validate_zalo_parameters(self, field: Any) -> None:
        if strange := [name for name in _names(field.data) if name not in TOKENS]:
            known = ", ".join(TOKENS)
            raise ValidationError(
                gettext("%(token)s stands for nothing. These do: %(known)s.", token=strange[0], known=known)
            )

    def validate_zalo_price(self, field: Any) -> None:
        if field.data and self._price() is None:
            raise ValidationError(gettext("A price is a number, such as 200."))

    def _price(self) -> int | None:
        """In minor units; None for nothing, and for what is no price."""
        typed = (self.zalo_price.data or "").replace(" ", "").replace(",", ".")
        whole, _dot, parts = typed.partition(".")
        decimals = CURRENCIES.get(self.zalo_currency.data or "", 0)
        if (
            not (whole + parts).isascii()
            or not (whole + parts).isdecimal()
            or not whole
            or len(parts) > decimals
        ):
            return None
        price = int(whole) * 10**decimals + int(parts.ljust(decimals, "0") or 0)
        return price if price <= DEAREST else None

    def fill(self, template: MessageTemplate) -> None:
        """Write what was typed into the template."""
        template.name, template.purpose = self.name.data or "", self.purpose.data or ""
        template.say(EMAIL, text=self.email.data or "", subject=self.subject.data or "")
        template.say(SMS, text=self.sms.data or "")
        template.register(
            self.zalo_id.data or "", parameters=_names(self.zalo_parameters.data),
            approval=self.zalo_approval.data if self.zalo_approval.data in APPROVALS else "none",
            price_minor=self._price(), currency=self.zalo_currency.data,
        )  # fmt: skip


def _sound(field: Any) -> None:
    if flaw := flaw_of(field.data or ""):
        raise ValidationError(flaw)


def _names(typed: str | None) -> list[str]:
    return [name for part in (typed or "").split(",") if (name := part.strip())]


def price_words(minor: int | None, currency: str) -> str:
    """`200` of dong, `0.05` of dollars."""
    decimals = CURRENCIES.get(currency, 0)
    if minor is None:
        return ""
    return f"{minor / 10**decimals:.{decimals}f}"
