"""Whether to believe what somebody shows."""
