"""Whom the records are about, and what learners themselves reach and keep."""
