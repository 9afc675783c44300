"""Tokens: JWS, and the forms of credentials and of status lists that are made of it."""
