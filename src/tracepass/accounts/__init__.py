"""Who belongs to a workspace and what they did: people, keys, sessions, the audit log."""
