"""Frameworks of skills, their links and competencies of our own, at the desk of the registrar."""
