"""The systems that the night fetches from, each asked in its own way."""
