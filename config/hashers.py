"""How secrets are kept that we drew ourselves: as a digest, as there is nothing to guess at."""

import hashlib
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher, mask_hash
from django.utils.crypto import constant_time_compare


class DrawnSecretHasher(BasePasswordHasher):
    """Salted SHA-256, for secrets of 256 random bits and never for what people choose.

    What slows down who guesses at a password would only slow down every token request here, and
    let strangers keep our processors busy.
    """

    algorithm = "drawn_sha256"

    def encode(self, password: str, salt: str) -> str:
        """The digest, with its salt."""
        digest = hashlib.sha256(f"{salt}{password}".encode("utf-8", "replace")).hexdigest()
        return f"{self.algorithm}${salt}${digest}"

    def decode(self, encoded: str) -> dict[str, Any]:
        """The parts."""
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    def verify(self, password: str, encoded: str) -> bool:
        """Whether it is the secret."""
        again = self.encode(password, self.decode(encoded)["salt"])
        return constant_time_compare(encoded, again)

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        """What may be shown of it."""
        parts = self.decode(encoded)
        return {"algorithm": parts["algorithm"], "hash": mask_hash(parts["hash"])}

    def harden_runtime(self, password: str, encoded: str) -> None:
        """There is nothing to make up for."""
