"""What is held about people who work here: who they are, how they come in, what holds for them."""

from __future__ import annotations

import uuid

from sqlalchemy import Select, and_, or_, select, update

from crmweb.accounts.challenges import Challenge
from crmweb.accounts.finding import search_text
from crmweb.accounts.known_devices import KnownDevice
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.location import LocationAnswer
from crmweb.accounts.models import Oversight, User
from crmweb.accounts.passkeys import Passkey
from crmweb.accounts.pending import PendingSignIn
from crmweb.accounts.previews import Preview
from crmweb.accounts.recovery import RecoveryCode
from crmweb.accounts.rulings import Ruling
from crmweb.accounts.session_tokens import SessionToken
from crmweb.accounts.sessions import DeviceSession
from crmweb.accounts.totp import TotpSecret
from crmweb.accounts.working_days import DayOff, WorkingWeek
from crmweb.audit.models import Entry, EntryValues
from crmweb.db import db
from crmweb.holdings import Fits, Part, Subject, hold, nobodys, of
from crmweb.holdings.erasing import Erasure
from crmweb.idempotency import KeptAnswer
from crmweb.languages import lazy_gettext as _

ONLY_A_NAME = _("Their work needs somebody who did it: name, email, phone, password and language go.")
THE_TEAMS = _("Others work by it.")
A_CHAIN = _("Who changed what is a chain that nobody can shorten. What entries about them said goes.")


def _become_nobody(subject: Subject) -> None:
    """What names and reaches them goes; role, team and the days of their work stay."""
    gone = dict.fromkeys(("email", "email_key", "phone", "password_hash", "locale", "theme", "guided_at"))
    user = db.session.get(User, subject.id)
    if user is None:
        return
    for name, value in gone.items():
        setattr(user, name, value)
    user.name, user.folded = subject.called, search_text(subject.called, None, None)


def _unname_links(subject: Subject) -> None:
    db.session.execute(
        update(OneTimeLink).where(OneTimeLink.made_by_id == subject.id).values(made_by_id=None)
    )


def init() -> None:
    """Say it all; the order is that of an export."""
    _who_they_are()
    _ways_in()
    _what_holds()
    _what_was_done()
    _nobodys()


def _who_they_are() -> None:
    hold(
        User, _("Profile"), person=Part(of(User.id), ONLY_A_NAME, _become_nobody),
        secret=("password_hash",), beside={"manager_id": "who works under somebody is those people's own"},
    )  # fmt: skip
    hold(
        LocationAnswer, _("Answers to the notice about the place"), person=Part(of(LocationAnswer.person_id))
    )


def _ways_in() -> None:
    hold(DeviceSession, _("Signed-in devices"), person=Part(of(DeviceSession.user_id)), secret=("token",))
    hold(
        SessionToken, _("Renewed sign-ins"), secret=("token",),
        person=Part(lambda who: SessionToken.session_id.in_(_sessions_of(who))),
    )  # fmt: skip
    hold(KnownDevice, _("Known devices"), person=Part(of(KnownDevice.user_id)), secret=("mark",))
    hold(Passkey, _("Passkeys"), person=Part(of(Passkey.user_id)), secret=("credential_id", "public_key"))
    hold(TotpSecret, _("App with codes"), person=Part(of(TotpSecret.user_id)), secret=("sealed", "last_step"))
    hold(RecoveryCode, _("Recovery codes"), person=Part(of(RecoveryCode.user_id)), secret=("fingerprint",))
    hold(PendingSignIn, _("Sign-ins under way"), person=Part(of(PendingSignIn.user_id)), secret=("token",))
    hold(
        Challenge, _("Passkeys asked for"), person=Part(of(Challenge.user_id)), secret=("challenge", "holder")
    )
    hold(
        OneTimeLink, _("Invitations, cards and links"), secret=("token", "code"),
        person=Part(of(OneTimeLink.user_id), None, _unname_links),
        beside={"made_by_id": "the link is of whom it lets in; who made it is in the audit"},
    )  # fmt: skip
    hold(
        Preview, _("Previews"),
        person=Part(lambda who: or_(Preview.person_id == who, Preview.session_id.in_(_sessions_of(who)))),
    )  # fmt: skip


def _what_holds() -> None:
    hold(Oversight, _("Who sees whose work"), person=Part(of(Oversight.viewer_id, Oversight.person_id)))
    hold(
        Ruling,
        _("Policies set by them or for their team"),
        person=Part(of(Ruling.head_id, Ruling.set_by_id), THE_TEAMS),
    )
    hold(WorkingWeek, _("Working days of their team"), person=Part(of(WorkingWeek.head_id), THE_TEAMS))
    hold(DayOff, _("Days off of their team"), person=Part(of(DayOff.head_id), THE_TEAMS))
    hold(KeptAnswer, _("What their phone sent"), person=Part(of(KeptAnswer.user_id)), secret=("digest",))


def _what_was_done() -> None:
    hold(
        Entry, _("Audit: by them and about them"), secret=("values_digest",),
        person=Part(lambda who: or_(Entry.by_id == who, _about("user")(who)), A_CHAIN),
        customer=Part(_about("customer"), A_CHAIN),
        contact=Part(_about("contact"), A_CHAIN),
    )  # fmt: skip
    hold(
        EntryValues, _("Audit: what entries about them say"), secret=("salt",),
        person=Part(_values_about("user"), A_CHAIN),
        customer=Part(_values_about("customer"), A_CHAIN),
        contact=Part(_values_about("contact"), A_CHAIN),
    )  # fmt: skip
    hold(
        Erasure, _("Erasures made by them"),
        person=Part(of(Erasure.by_id), _("Without it a restore would bring back what was erased.")),
    )  # fmt: skip


def _nobodys() -> None:
    nobodys(
        roles="what a role may do, whoever holds it",
        set_up_links="a link for whoever is first, before anybody is known",
        sign_in_attempts="the account is hashed and may be nobody's; forgotten after a quarter of an hour",
        audit_seals="hashes of the chain",
        occurrences="when recurring work ran",
        heartbeats="when recurring work ran",
    )


def _about(kind: str) -> Fits:
    return lambda who: and_(Entry.about_kind == kind, Entry.about_id == who)


def _values_about(kind: str) -> Fits:
    return lambda who: EntryValues.seq.in_(select(Entry.seq).where(_about(kind)(who)))


def _sessions_of(id: uuid.UUID) -> Select[uuid.UUID]:
    return select(DeviceSession.id).where(DeviceSession.user_id == id)
