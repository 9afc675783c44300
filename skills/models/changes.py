"""When rows changed, by the database's clock, so that whoever asks for changes misses none."""

from typing import Final

import pgtrigger
from django.db import models
from django.db.models.functions import Now

# The first key of the advisory lock tells ours from others; the second is the second in which the
# transaction first changed something, counted from 2020 on. The issuer and the skills, which do not
# know each other, keep to the same word for word.
LOCK: Final = 5
SINCE_2020: Final = 1_577_836_800

# The lock comes before the look at the clock: whoever saw no lock will see a later time.
_DATED = f"""
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
    END IF;
    IF COALESCE(current_setting('changes.at', true), '') = '' THEN
        PERFORM pg_advisory_xact_lock_shared(
            {LOCK}, (floor(extract(epoch FROM clock_timestamp())) - {SINCE_2020})::int
        );
        PERFORM set_config('changes.at', clock_timestamp()::text, true);
    END IF;
    NEW.updated_at = current_setting('changes.at')::timestamptz;
    RETURN NEW;
"""


def dated(what: str) -> pgtrigger.Trigger:
    """The trigger of a table with `updated_at`; all that one transaction changes has one time.

    Until the transaction ends it holds a lock that tells when it began to change things, for
    `issuer.services.clock.settled`.
    """
    return pgtrigger.Trigger(
        name=f"{what}_tells_when_it_changed",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=_DATED,
    )


def last_change() -> "models.DateTimeField":
    """The column that `dated` fills."""
    return models.DateTimeField("last change", db_default=Now(), editable=False)
