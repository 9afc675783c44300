"""Readers turn a roster's bytes into records, and touch nothing."""
