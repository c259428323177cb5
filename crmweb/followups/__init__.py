"""Follow-ups: messages to customers by email or SMS, from a template or by hand, now or later."""
