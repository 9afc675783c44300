"""The built-in example: a small invented college to try everything with."""
