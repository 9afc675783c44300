"""KeptAnswer: what the API once answered, for a client that asks the same again."""

from django.db import models
from oauth2_provider.models import Application


class KeptAnswer(models.Model):
    """The answer to a write with a key; it is written with what the write did, or not at all.

    `digest` tells whether the same is asked again. A key stands for one write and for one try of
    it (`is_dry`). Gone after a day.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    is_dry = models.BooleanField(default=False, db_default=False)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "key", "is_dry"],
                name="answer_is_kept_once_for_a_key_and_its_try",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="kept_answers_by_age")]

    def __str__(self) -> str:
        return self.key
