"""Whether a rule is met, by what is on record, and why."""
