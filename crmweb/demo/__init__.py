"""The demo company: a tea distributor in Hà Nội and Thành phố Hồ Chí Minh, made up and always the same.

Imports late: the command line names the demo without loading the product.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmweb.demo.company import Founded
    from crmweb.demo.removal import Removed


class Refused(Exception):
    """The demo company may not be made or removed here; `str()` is one clear line."""


def ensure_demo(at: dt.datetime | None = None) -> Founded | None:
    """Make the demo company, as of `at` (default: now), where there is nobody and nothing yet.

    None where the database holds people or customers already, the demo's or others'. Raises `Refused`
    in production and where there are no tables yet.
    """
    from crmweb import clock
    from crmweb.demo.company import found

    return found(at or clock.now())


def remove_demo() -> Removed:
    """Delete the demo's customers with all that hangs on them, then its contacts and people.

    A demo person whom anything else still names (a customer somebody added, a colleague who reports to
    them) stays and is named in `kept`; so is a contact who stands at another customer too. Raises
    `Refused` in production and where there are no tables yet.
    """
    from crmweb.demo.removal import dissolve

    return dissolve()
