"""Freeze what approved batches say, ring for the signer; try rules, compare and learn skills."""

import logging
import time
from contextlib import suppress
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from oauth2_provider.models import clear_expired

from issuer import tasks as issuer_tasks
from issuer.errors import NoActiveKey, NotSetUp, WrongState
from issuer.models import Batch, Chunk
from issuer.services import batches, credentials
from registrar.models import Award, AwardFile, NightRun, Simulation, UpsertJob
from registrar.services.awarding import (
    award_files,
    award_mails,
    composition,
    review_queue,
    successions,
    withdrawal_mails,
)
from registrar.services.college import kept_answers
from registrar.services.deciding import simulations
from registrar.services.feeding import nights, pulls, rosters, upsert_jobs
from registrar.services.learners import learner_apps
from registrar.services.marking import result_imports
from registrar.services.teaching import digests
from skills.models import Comparison
from skills.services import likeness, meanings

log = logging.getLogger(__name__)

# A task ends long before its message would be delivered again, and rings for the rest: behind the
# messages of other batches, so that a small batch waits this long for a large one at most.
DRAIN_SECONDS = 2
# Rows that a system sent are read from their beginning each time, so that they take longer turns.
ROWS_SECONDS = 10
# Seconds until one looks again whether the signers have caught up.
PATIENCE = 1


@shared_task(
    name="registrar.freeze",
    autoretry_for=(OperationalError, InterfaceError),
    retry_backoff=True,
    max_retries=3,
)
def freeze(batch_id: str) -> None:
    """Compose and freeze the approved chunks of a batch, and ring for the signer after each.

    No more is frozen while MAX_UNSIGNED_CHUNKS wait for their signature.
    """
    end = time.monotonic() + DRAIN_SECONDS
    if batches.backlog(Chunk.State.REQUESTED) >= settings.MAX_UNSIGNED_CHUNKS:
        freeze.apply_async((batch_id,), countdown=PATIENCE)
        return
    while chunk := batches.claim(Chunk.State.APPROVED, batch=batch_id):
        try:
            statements, refused = composition.compose_possible(_awards(chunk))
            credentials.request(chunk, statements, refused=refused)
        except (NoActiveKey, NotSetUp) as error:
            batches.give_back(chunk, reason=str(error))
            raise
        except WrongState:
            log.warning("batch %s: chunk %s went to another worker", batch_id, chunk.pk)
        issuer_tasks.sign.delay(batch_id)
        if time.monotonic() > end:
            freeze.delay(batch_id)
            return
    if successions.are_expected(UUID(batch_id)):
        supersede.apply_async(countdown=PATIENCE)
    # Where every row was refused there is nothing to sign, and no signer to close it.
    batches.close_if_done(batch_id)


@shared_task(name="registrar.supersede")
def supersede() -> None:
    """Supersede what has a successor that is signed, and ring for the rest."""
    if successions.settle_some():
        issuer_tasks.publish_soon()
        supersede.delay()


@shared_task(name="registrar.sweep")
def sweep() -> None:
    """Ring for what nobody works on, in case a message was lost: chunks, comparisons and others."""
    batches.begin_due()
    for batch_id in batches.waiting(Chunk.State.APPROVED):
        freeze.delay(str(batch_id))
    for comparison_id in likeness.waiting():
        compare_frameworks.delay(comparison_id)
    for file_id in award_files.unread():
        read_award_file.delay(str(file_id))
    for file_id in award_files.unprepared():
        prepare_award_file.delay(str(file_id))
    if successions.are_due():
        supersede.delay()
    if award_mails.are_left() or withdrawal_mails.are_left():
        write_award_mails.delay()
    for simulation in simulations.forgotten():
        simulate.delay(str(simulation.pk))
    for job_id in upsert_jobs.waiting():
        write_rows.delay(str(job_id))
    if meanings.are_left():
        learn_meanings.delay()


@shared_task(name="registrar.compare_frameworks")
def compare_frameworks(comparison_id: int) -> None:
    """Find which skills of two frameworks read alike, unless that is done."""
    waits = Comparison.objects.filter(pk=comparison_id, compared_at=None)
    comparison = waits.select_related("left", "right").first()
    if comparison is not None:
        likeness.compare(comparison)


@shared_task(name="registrar.simulate")
def simulate(simulation_id: str) -> None:
    """Try a rule on past terms, unless that is done."""
    simulation = simulations.unfinished().filter(pk=simulation_id).first()
    if simulation is not None:
        simulations.run(simulation)


@shared_task(name="registrar.learn_meanings")
def learn_meanings() -> None:
    """Learn what some skills mean, and ring for the rest: behind the messages of others."""
    if meanings.are_possible() and meanings.learn_some():
        learn_meanings.delay()


@shared_task(name="registrar.sweep_uploads")
def sweep_uploads() -> None:
    """Remove what was uploaded at the desk and never applied."""
    late = award_files.discard_late() + result_imports.discard_late()
    if removed := late + rosters.sweep():
        log.info("%d uploads that nobody applied were removed", removed)


@shared_task(name="registrar.read_award_file")
def read_award_file(file_id: str) -> None:
    """Read a file of awards that was taken in, unless that is done."""
    award_file = AwardFile.objects.filter(pk=file_id).select_related("template").first()
    if award_file is not None:
        with suppress(WrongState):  # somebody else has read it meanwhile
            award_files.look(award_file)


@shared_task(name="registrar.prepare_award_file")
def prepare_award_file(file_id: str) -> None:
    """Prepare the batch of a file that somebody asked for, unless that is done."""
    award_files.prepare_asked(file_id)


@shared_task(name="registrar.write_award_mails")
def write_award_mails() -> None:
    """Write mails to learners of credentials that were issued or withdrawn; ring for the rest."""
    if award_mails.write_some() or withdrawal_mails.write_some():
        issuer_tasks.post_soon()
        write_award_mails.delay()


@shared_task(name="registrar.count_queues")
def count_queues() -> None:
    """Count who waits to be awarded or withdrawn, and ring for the rest: behind other messages."""
    if review_queue.count_one():
        count_queues.delay()


# To apply 150,000 new rows takes minutes. A message that is delivered again meanwhile does no harm:
# each step is taken by one process.
@shared_task(name="registrar.night", soft_time_limit=25 * 60, time_limit=27 * 60)
def night() -> None:
    """Begin the night when it is due, carry on with the one that runs, ring for its batches."""
    run = nights.unfinished()
    if run is None:
        if (day := nights.due()) is None:
            return
        run = nights.begin(day)
    carry_on(run)


def carry_on(run: NightRun) -> NightRun:
    """Take the steps of a night that can be taken now, and ring for what is to be issued."""
    nights.carry_on(run)
    if pulls.may_go_on(run):
        night.delay()
    for batch in nights.being_issued(run):
        freeze.delay(str(batch.pk))
    issuer_tasks.post_soon()
    return run


@shared_task(name="registrar.sweep_answers")
def sweep_answers() -> None:
    """Forget what the API answered a day ago, jobs that ended long ago, apps that nobody lets in.

    And tokens that hold no more.
    """
    kept_answers.sweep()
    upsert_jobs.sweep()
    learner_apps.sweep()
    clear_expired()


@shared_task(
    name="registrar.write_rows",
    autoretry_for=(OperationalError, InterfaceError),
    retry_backoff=True,
    max_retries=3,
)
def write_rows(job_id: str) -> None:
    """Write rows that a system sent, and ring for the rest: behind the messages of others."""
    if upsert_jobs.carry_on(job_id, seconds=ROWS_SECONDS):
        write_rows.delay(job_id)


@shared_task(name="registrar.write_digest")
def write_digest() -> None:
    """Write the weekly mails when they are due, once, and ring for the outbox."""
    if digest := digests.write_weekly():
        log.info("week %s: %d mails", digest.week, digest.mails)
        issuer_tasks.post_soon()


def night_soon() -> None:
    """Ring for the night after the commit; without workers the clock does."""
    transaction.on_commit(lambda: night.delay(), robust=True)


def freeze_soon(batch: Batch) -> None:
    """Ring for an approved batch after the commit; without workers the next sweep finds it."""
    transaction.on_commit(lambda: freeze.delay(str(batch.pk)), robust=True)


def tell_soon() -> None:
    """Ring for mails to learners after the commit; without workers the next sweep finds them."""
    transaction.on_commit(lambda: write_award_mails.delay(), robust=True)


def count_soon() -> None:
    """Ring for queues in which somebody has decided, after the commit; else the clock does."""
    transaction.on_commit(lambda: count_queues.delay(), robust=True)


def compare_soon(comparison: Comparison) -> None:
    """Ring for a comparison after the commit; without workers the next sweep finds it."""
    transaction.on_commit(lambda: compare_frameworks.delay(comparison.pk), robust=True)


def read_soon(award_file: AwardFile) -> None:
    """Ring for a file of awards after the commit; without workers the next sweep finds it."""
    transaction.on_commit(lambda: read_award_file.delay(str(award_file.pk)), robust=True)


def prepare_soon(award_file: AwardFile) -> None:
    """Ring for the batch of a file after the commit; without workers the next sweep finds it."""
    transaction.on_commit(lambda: prepare_award_file.delay(str(award_file.pk)), robust=True)


def simulate_soon(simulation: Simulation) -> None:
    """Ring for a simulation after the commit; without workers the next sweep finds it."""
    transaction.on_commit(lambda: simulate.delay(str(simulation.pk)), robust=True)


def write_rows_soon(job: UpsertJob) -> None:
    """Ring for rows after the commit; without workers the next sweep finds them."""
    transaction.on_commit(lambda: write_rows.delay(str(job.pk)), robust=True)


def learn_soon() -> None:
    """Ring for skills that are new or renamed, after the commit, where their meaning is wanted."""
    if meanings.are_wanted():
        transaction.on_commit(lambda: learn_meanings.delay(), robust=True)


def _awards(chunk: Chunk) -> QuerySet[Award]:
    return Award.objects.filter(batch=chunk.batch_id, position__range=(chunk.first, chunk.last))
