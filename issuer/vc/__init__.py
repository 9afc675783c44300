"""Plain Python core of credentials: no Django, no network, no clock, no settings."""
