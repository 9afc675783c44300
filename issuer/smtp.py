"""Django's way to a mail server, made to tell whether a message has left this machine."""

import smtplib
from typing import Any

from django.core.mail.backends.smtp import EmailBackend


class _Telling:
    """Notes when it begins to hand a message over: from then on it may have been delivered."""

    handed_over = False

    def sendmail(self, *args: Any, **options: Any) -> Any:
        self.handed_over = False
        return super().sendmail(*args, **options)  # type: ignore[misc]

    def data(self, msg: Any) -> Any:
        self.handed_over = True
        return super().data(msg)  # type: ignore[misc]


class _Line(_Telling, smtplib.SMTP):
    """A connection."""


class _TlsLine(_Telling, smtplib.SMTP_SSL):
    """A connection that speaks TLS from its first byte."""


class Backend(EmailBackend):
    """Sends mail by SMTP.

    After a failure without an answer `handed_over` says whether the last message may be on its
    way all the same (RFC 5321, section 4.5.3.2: the reply to the end of DATA may get lost).
    """

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TlsLine if self.use_ssl else _Line

    @property
    def handed_over(self) -> bool:
        """Whether the message that was sent last had left this machine."""
        return bool(getattr(self.connection, "handed_over", False))
