"""Readers turn a framework's bytes into records, and touch nothing."""
