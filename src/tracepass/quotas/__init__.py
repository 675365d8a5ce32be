"""Plans and what they allow: budgets of writes, reads and tool calls, places for passports, events of a month."""
