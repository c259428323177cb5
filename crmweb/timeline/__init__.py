"""What happened to a customer, by whom and when: one door for all news."""

from crmweb.timeline.models import Event, happened, record, record_many, revise, reword_many

__all__ = ["Event", "happened", "record", "record_many", "revise", "reword_many"]
