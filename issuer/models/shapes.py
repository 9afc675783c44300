"""Shape: what all credentials of one kind say, stored once."""

import json
from functools import lru_cache

from django.db import models

from issuer.models.append_only import append_only
from issuer.vc import shapes

# About 70 kB each.
_KEPT = 256


class Shape(models.Model):
    """A credential with holes at the places where those of its kind differ (status entry included).

    Stored once, so that a credential is the shape and the values for its holes. For ever, because
    the bytes that were signed are made again from both.
    """

    digest = models.BinaryField(
        max_length=32, unique=True, help_text="SHA-256 of document and holes"
    )
    document = models.TextField(help_text="JSON text with a sentinel in each hole")
    holes = models.TextField(help_text="JSON list: name, kind and sentinel, in the order of values")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = append_only(because="shape")

    def __str__(self) -> str:
        return bytes(self.digest).hex()[:12]

    @property
    def compiled(self) -> shapes.Shape:
        """Ready to be filled; compiled once a process."""
        return _compile(self.document, self.holes)


@lru_cache(maxsize=_KEPT)
def _compile(document: str, holes: str) -> shapes.Shape:
    read = [
        shapes.Hole(name=name, kind=shapes.Kind(kind), sentinel=sentinel)
        for name, kind, sentinel in json.loads(holes)
    ]
    return shapes.Shape.compile(json.loads(document), read)
