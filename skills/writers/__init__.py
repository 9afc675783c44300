"""Writes frameworks in the formats in which others read them. Pure: records in, text out."""
