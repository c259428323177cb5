"""How policies are said: their names, what each is for, what it says now, and how to right what was typed."""

from __future__ import annotations

from flask import Flask

from crmweb.accounts.policy_kinds import ALWAYS, DOUBTFUL, NEVER, TIERS, Policy, Value, Whole, rhythm_of
from crmweb.languages import gettext as _
from crmweb.languages import ngettext


def policy_title(name: str) -> str:
    """What a policy is called."""
    words = {
        "radius_m": _("Radius of a check-in"),
        "reason_when_away": _("Reason when away"),
        "photo_needed": _("Photo at a visit"),
        "mfa_needed": _("Second step at sign-in"),
        "session_idle_days": _("Signed out after days without use"),
        "session_absolute_days": _("Signed out at the latest after"),
        "location_days": _("Exact places are kept for"),
        "photo_days": _("Photos and voice notes are kept for"),
        **{rhythm_of(tier): _("Tier %(tier)s is visited every", tier=tier) for tier in TIERS},
    }
    return words.get(name, name)


def policy_help(name: str) -> str:
    """What it is for, in a sentence or two."""
    words = {
        "radius_m": _("Metres around the pin that count as on site. Earlier visits keep their verdict."),
        "reason_when_away": _("Finishing a visit away from the pin asks why. It never stops a check-in."),
        "photo_needed": _("Finishing asks for a photo. A few words on why there is none will do."),
        "mfa_needed": _("Everybody needs a passkey or a code from an app besides the password."),
        "session_idle_days": _("A phone that nobody used for so long asks for the password."),
        "session_absolute_days": _("After that everybody signs in anew, however often they use it."),
        "location_days": _("Older ones are rounded to about 1 km. Verdict and distance stay."),
        "photo_days": _("Older ones are deleted for good, with their files."),
        **{rhythm_of(tier): _("Days between two visits where no route says more.") for tier in TIERS},
    }
    return words.get(name, "")


def policy_value(policy: Policy, value: Value) -> str:
    """`150 m`, `14 days`, `10 years`, `Yes`, `Always`."""
    if isinstance(policy, Whole):
        return f"{value} m" if policy.unit == "m" else _how_long(int(value))
    return choice_words(policy.write(value))


def _how_long(days: int) -> str:
    """In years where they are whole: nobody reckons 3650 days."""
    years, rest = divmod(days, 365)
    if years and not rest:
        return ngettext("%(num)s year", "%(num)s years", years)
    return ngettext("%(num)s day", "%(num)s days", days)


def choice_words(text: str) -> str:
    """One answer of those that one chooses among."""
    words = {
        "yes": _("Yes"), "no": _("No"), NEVER: _("Never"), DOUBTFUL: _("When the place is doubtful"),
        ALWAYS: _("Always"),
    }  # fmt: skip
    return words.get(text, text)


def how_to_right(policy: Policy) -> str:
    """What may be typed, for whoever typed something else."""
    if isinstance(policy, Whole):
        return _("Type a whole number from %(least)s to %(most)s.", least=policy.least, most=policy.most)
    return _("Choose one of these.")


def policy_sentence(policy: Policy, value: Value) -> str:
    """What it means for whom it binds."""
    said = policy_value(policy, value)
    words = {
        "radius_m": _("A check-in within %(said)s of the pin counts as on site.", said=said),
        "reason_when_away": _when_away(bool(value)),
        "photo_needed": _photo(str(value)),
        "mfa_needed": _second_step(bool(value)),
        "session_idle_days": _("A device that you do not use for %(said)s is signed out.", said=said),
        "session_absolute_days": _("You sign in anew after %(said)s at the latest.", said=said),
        "location_days": _("Your exact places are kept for %(said)s, then rounded to about 1 km.", said=said),
        "photo_days": _("Your photos and voice notes are kept for %(said)s, then deleted.", said=said),
        **{rhythm_of(tier): _rhythm(tier, said) for tier in TIERS},
    }
    return words.get(policy.name, said)


def _rhythm(tier: str, said: str) -> str:
    return _("Tier %(tier)s is due %(said)s after the last visit.", tier=tier, said=said)


def _when_away(asked: bool) -> str:
    if asked:
        return _("When you finish a visit away from the pin, you are asked why.")
    return _("Nobody asks why when you are away from the pin.")


def _photo(when: str) -> str:
    words = {
        NEVER: _("You need no photo to finish a visit."),
        DOUBTFUL: _("Where your place is doubtful, you are asked for a photo when you finish."),
        ALWAYS: _("You are asked for a photo when you finish a visit."),
    }
    return words.get(when, when)


def _second_step(needed: bool) -> str:
    if needed:
        return _("You need a second step to sign in: a passkey or a code from an app.")
    return _("Your password alone signs you in; a second step is yours to choose.")


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        policy_title=policy_title, policy_help=policy_help, choice_words=choice_words, policy_value=policy_value,
        policy_sentence=policy_sentence,
    )  # fmt: skip
