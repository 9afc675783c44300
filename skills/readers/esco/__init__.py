"""Reads ESCO's skills as CSV: the list, its hierarchy, its collections, and what links these."""

from skills.readers.esco.layout import is_it
from skills.readers.esco.reading import read, read_folder

__all__ = ["is_it", "read", "read_folder"]
