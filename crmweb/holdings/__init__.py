"""What the house holds about somebody: each slice says it here once, for the export, the erasure and the restore.

Every table is a holding or one of `NOBODYS`; a guard sees to it.
"""

from crmweb.holdings.registry import (
    CONTACT,
    CUSTOMER,
    HOLDINGS,
    KINDS,
    NOBODYS,
    PERSON,
    Fits,
    Holding,
    Part,
    Subject,
    also,
    hold,
    nobodys,
    of,
)

__all__ = [
    "CONTACT",
    "CUSTOMER",
    "HOLDINGS",
    "KINDS",
    "NOBODYS",
    "PERSON",
    "Fits",
    "Holding",
    "Part",
    "Subject",
    "also",
    "hold",
    "nobodys",
    "of",
]
