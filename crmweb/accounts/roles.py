"""The four fixed roles and what each may do. Routes ask for a permission, never for a role."""

from __future__ import annotations

PERMISSIONS = {
    "customers:read": "See the customers that one looks after",
    "customers:write": "Add and change customers",
    "customers:assign": "Say who looks after a customer",
    "customers:approve": "Approve pins and other proposals of others",
    "customers:all": "See every customer",
    "visits:write": "Check in, finish and note",
    "followups:write": "Write to customers by email and SMS",
    "templates:read": "Read the templates and sequences of messages",
    "templates:manage": "Change the templates and sequences of messages",
    "visits:review": "Accept doubtful check-ins or ask about them",
    "team:read": "See what one's team does",
    "team:plan": "Plan routes, cover and working days of one's team",
    "policies:manage": "Set what holds for everyone",
    "deliveries:manage": "See what left the house, and send it again",
    "users:manage": "Manage users and roles",
    "own:settings": "Change one's own settings",
}

FIELD = frozenset({"customers:read", "customers:write", "visits:write", "followups:write", "own:settings"})
MANAGER = FIELD | {
    "customers:assign",
    "customers:approve",
    "visits:review",
    "team:read",
    "team:plan",
    "templates:read",
}

ROLES: dict[str, frozenset[str]] = {
    "rep": FIELD,
    "account_manager": FIELD,
    "manager": MANAGER,
    "admin": MANAGER
    | {"customers:all", "policies:manage", "deliveries:manage", "templates:manage", "users:manage"},
}
"""Role name → its permissions."""

NOTHING: frozenset[str] = frozenset()
"""What a role may do that is not among these: somebody's mistake must not open a door."""
