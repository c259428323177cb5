"""The mails that let people in: invitations and new passwords. Their links stand in no ledger.

What is filed says only whom and what for. The link is worked out when the mail is written, so that neither the
database nor a backup of it lets anybody in.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from flask import current_app
from flask_babel import format_datetime

from crmweb.accounts.links import INVITATION, LIVES, RESET, OneTimeLink, mail_token
from crmweb.accounts.models import User
from crmweb.accounts.resetting import reset_asked
from crmweb.accounts.sessions import token_hash
from crmweb.clock import now
from crmweb.config import current_settings
from crmweb.db import db, new_id, writing
from crmweb.languages import gettext as _
from crmweb.languages import language, speaking
from crmweb.notifications.channels import Message, NotWanted
from crmweb.notifications.models import Delivery
from crmweb.notifications.outcomes import before_send


def mail_invitation(link: OneTimeLink, *, locale: str, at: datetime) -> None:
    """Send an invitation on its way; ``locale``: the language of a person who has chosen none."""
    user = link.user
    with speaking(user.locale or locale, user.zone):
        subject = _invitation_subject(link)
    Delivery.file(
        dedupe=f"invitation {link.id}",
        kind="email",
        recipient=user.email or "",
        payload={"about": INVITATION, "link": link.id.hex, "locale": locale, "subject": subject},
        at=at,
        stale_at=link.expires_at,
    )


def _file_reset(email: str, *, locale: str, at: datetime) -> None:
    """For whatever was typed: whether it is anybody's is asked when it is to be written."""
    Delivery.file(
        dedupe=f"reset {new_id()}",
        kind="email",
        recipient=email,
        payload={"about": RESET, "locale": locale, "subject": _("Choose a new password")},
        at=at,
        stale_at=at + LIVES[RESET],
    )


# --- written ------------------------------------------------------------------------------------------


def _invitation(message: Message) -> Message:
    """Raises NotWanted for one that would open nothing any more."""
    link = db.session.get(OneTimeLink, uuid.UUID(message.payload["link"]))
    if link is None or not _still_opens(link):
        raise NotWanted("the invitation opens nothing any more")
    with speaking(link.user.locale or message.payload["locale"], link.user.zone):
        words = Words(
            _invitation_subject(link),
            _("Hello, %(name)s.", name=link.user.name),
            _("Open this link on the phone that you work with, in Chrome or Safari. It signs you in once."),
            _("It works until %(when)s.", when=format_datetime(link.expires_at, "short")),
            "join",
        )
        return words.on(message, link)


def _invitation_subject(link: OneTimeLink) -> str:
    inviter = link.made_by.name if link.made_by else "crmweb"
    return _("%(name)s invites you to crmweb", name=inviter)


def _reset(message: Message) -> Message:
    """To the address that we have, whatever spelling was typed. Raises NotWanted where it is nobody's."""
    user = User.with_email(message.recipient)
    if user is None or not user.active or user.first_in_at is None:
        raise NotWanted("nobody who has been in has this email")
    link = _reset_link(message.delivery, user.id)
    with speaking(user.locale or message.payload["locale"], user.zone):
        words = Words(
            _("Choose a new password"),
            _("Hello, %(name)s.", name=user.name),
            _("Somebody asked for a new password for you. If it was you, choose one here."),
            _("It works once, for 30 minutes. If it was not you, do nothing: nothing has changed."),
            "reset",
        )
        return words.on(message, link)


def _reset_link(delivery: uuid.UUID, user_id: uuid.UUID) -> OneTimeLink:
    """One for each delivery, at each try the same. Raises NotWanted when it has ended meanwhile."""
    with writing():
        user = db.session.get_one(User, user_id)
        link = db.session.get(OneTimeLink, delivery)
        if link is None:
            link = OneTimeLink.mailed(user, RESET, at=now(), id=delivery)
    if not _still_opens(link):
        raise NotWanted("the link opens nothing any more")
    return link


def _still_opens(link: OneTimeLink) -> bool:
    """Its token is ours as long as the key that it was made with."""
    token = mail_token(link.id)
    return (
        link.token == token_hash(token)
        and OneTimeLink.person(token, at=now(), purposes=(link.purpose,)) is not None
    )


@dataclass(frozen=True)
class Words:
    """What such a mail says, and behind which path its link is."""

    subject: str
    greeting: str
    text: str
    ending: str
    path: str

    def on(self, message: Message, link: OneTimeLink) -> Message:
        """The message with them, to the address that the link is bound to."""
        address = f"{current_settings().address}/{self.path}/{mail_token(link.id)}"
        payload: dict[str, Any] = {
            "subject": self.subject,
            "text": f"{self.greeting}\n\n{self.text}\n\n{address}\n\n{self.ending}\n",
            "html": _html(words=self, address=address),
        }
        return replace(message, recipient=link.user.email or "", payload=payload)


TEMPLATE: Final = "notifications/way_in.html"


def _html(**said: Any) -> str:
    return current_app.jinja_env.get_template(TEMPLATE).render(language=language(), **said)


def listen() -> None:
    """Hear of who wants a new password, and be asked for the words of what was filed."""
    reset_asked.connect(_file_reset)
    before_send(INVITATION, _invitation)
    before_send(RESET, _reset)
