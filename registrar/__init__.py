"""Decides: who earned what, by which rule, and says so."""
