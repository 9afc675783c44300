"""What PostgreSQL itself refuses beside changes of facts: other words in a mail that is written."""

import pgtrigger

_OF_THE_WAY = ["state", "attempts", "try_at", "tried_at", "sent_at", "status", "answer"]

words_of_mails_do_not_change = [
    pgtrigger.Protect(
        name="words_of_a_mail_do_not_change",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=_OF_THE_WAY),
    ),
    pgtrigger.Protect(name="mail_is_not_deleted", operation=pgtrigger.Delete),
]
