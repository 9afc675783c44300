"""Counts and evidence for those who look after programmes."""
