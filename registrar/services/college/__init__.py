"""What all else stands on: roles, terms, sources, uploads, sign-ins, the systems that may ask."""
