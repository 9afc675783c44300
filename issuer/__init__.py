"""Signs, publishes status, delivers and verifies."""
