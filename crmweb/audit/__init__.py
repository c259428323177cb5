"""Who changed what, when: written in the change's own transaction, never altered, sealed into a chain of hashes."""

from crmweb.audit.audited import Audited
from crmweb.audit.models import Entry, Reference, Values, forget, record

__all__ = ["Audited", "Entry", "Reference", "Values", "forget", "record"]
