"""What waits for whom: the task list on the desk's first page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from issuer.models import Batch, Institution, SigningKey
from issuer.pages import thing_url
from issuer.services import batches, clock, outbox, webhooks
from registrar.models import (
    Correction,
    Mapping,
    NightRun,
    Revision,
    RosterImport,
    SamePerson,
    SkillTag,
    TemplateProposal,
)
from registrar.services.awarding import (
    awards,
    awards_again,
    corrections,
    reminders,
    renewals,
    review_queue,
)
from registrar.services.college import expiries, roles
from registrar.services.drafting import templates
from registrar.services.learners import same_people
from registrar.services.marking import confirmations
from registrar.services.teaching import policies
from skills.models import Association

RECENT_BATCHES = 12
# What ends so soon is urgent.
_SHORTLY = timedelta(days=7)
# How long somebody is told that a batch of theirs was declined.
_TOLD = timedelta(days=30)


class Task(NamedTuple):
    """So many things that wait for this person, since when, and the one verb for them."""

    number: int
    what: str
    verb: str
    url: str
    since: datetime | None
    is_urgent: bool = False


def tasks(user: User) -> list[Task]:
    """Everything that waits for this person: what is broken first, then the oldest."""
    found = [task for source in SOURCES if (task := source(user))]
    return sorted(
        found, key=lambda task: (not task.is_urgent, task.since is not None, task.since or 0)
    )


def recent_batches(user: User) -> QuerySet[Batch] | None:
    """The last batches by people, newest first, or None for those who may not see them."""
    if not user.has_perm("issuer.view_batch"):
        return None
    # What systems compose by themselves, one at a time, would push all else out of sight.
    of_people = Batch.objects.filter(prepared_by__isnull=False)
    return of_people.select_related("prepared_by")[:RECENT_BATCHES]


def _set_up(user: User) -> Task | None:
    if Institution.objects.exists() or not user.has_perm("issuer.change_institution"):
        return None
    url = reverse("admin:issuer_institution_changelist")
    return Task(1, "institution to describe", "Describe it", url, None, is_urgent=True)


def _no_key(user: User) -> Task | None:
    if not user.has_perm("issuer.view_signingkey"):
        return None
    if SigningKey.objects.filter(state=SigningKey.State.ACTIVE).exists():
        return None
    url = reverse("admin:issuer_signingkey_changelist")
    return Task(1, "active signing key is missing", "See how", url, None, is_urgent=True)


def _old_key(user: User) -> Task | None:
    if not user.has_perm("issuer.view_signingkey"):
        return None
    old = SigningKey.objects.filter(
        state=SigningKey.State.ACTIVE, activated_at__lt=clock.now() - expiries.KEY_AGE
    )
    url = reverse("admin:issuer_signingkey_changelist")
    found = old.aggregate(count=Count("pk"), since=Min("activated_at"))
    words = ("signing key is older than a year", "signing keys are older than a year")
    return _task(found, words, "See how to change it", url)


def _ending(user: User) -> Task | None:
    rights = [each for each in (expiries.RIGHT, expiries.FEEDS_RIGHT) if user.has_perm(each)]
    if not rights:
        return None
    now = clock.now()
    found = expiries.soon(rights, at=now)
    is_urgent = bool(found) and found[0].ends_at < now + _SHORTLY
    are_feeds = all(each.right == expiries.FEEDS_RIGHT for each in found)
    model = "registrar_feed" if are_feeds else "oauth2_provider_application"
    url = reverse(f"admin:{model}_changelist")
    words = ("secret or key ends within 30 days", "secrets and keys end within 30 days")
    return _task({"count": len(found), "since": None}, words, "Look", url, is_urgent)


def _expiring(user: User) -> Task | None:
    if not user.has_perm("issuer.prepare_batch"):
        return None
    now, (longest, *sooner) = clock.now(), reminders.current().stages
    soon = renewals.expiring(days=longest, at=now).order_by()
    in_time = {str(days): Q(ends_at__lt=now + timedelta(days=days)) for days in sooner}
    counts = {days: Count("pk", filter=ends) for days, ends in in_time.items()}
    numbers = soon.aggregate(count=Count("pk"), **counts)
    parts = [f"within {longest} days", *(f"{numbers[days]} within {days}" for days in in_time)]
    words = (f"credential ends {', '.join(parts)}", f"credentials end {', '.join(parts)}")
    url = reverse("admin:registrar_award_ending")
    return _task(numbers | {"since": None}, words, "Look", url)


def _overdue(user: User) -> Task | None:
    if not user.has_perm("registrar.review_skilltag"):
        return None
    units = roles.reach(user, "registrar.review_skilltag")
    after = timedelta(days=policies.current().review_days)
    late = Mapping.objects.overdue(clock.now(), after=after).filter(opportunity__unit__in=units)
    others = late.exclude(pk__in=Mapping.objects.of_author(user).values("pk"))
    found = others.order_by().aggregate(count=Count("pk"), since=Min("submitted_at"))
    url = reverse("admin:registrar_mapping_review") + "?overdue=on"
    words = ("review of a course is overdue", "reviews of courses are overdue")
    return _task(found, words, "Review", url, True)


def _failed(user: User) -> Task | None:
    if not user.has_perm("issuer.view_batch"):
        return None
    url = reverse("admin:issuer_batch_changelist") + "?failed=yes"
    found = awards_again.open_failures().aggregate(
        count=Count("batch", distinct=True), since=Min("changed_at")
    )
    return _task(found, ("batch has failures", "batches have failures"), "See why", url, True)


def _held_up(user: User) -> Task | None:
    if not user.has_perm("issuer.view_batch"):
        return None
    held = batches.held_up()
    of_these = Batch.objects.filter(pk__in=held.order_by().values("batch"))
    url = _first_or_list(of_these, "issuer_batch", "?state__exact=approved", "prepared_at")
    found = held.order_by().aggregate(count=Count("batch", distinct=True), since=Min("changed_at"))
    why = held.values_list("error", flat=True).first()
    return _task(found, (f"batch waits: {why}", f"batches wait: {why}"), "Look", url, True)


def _batches(user: User) -> Task | None:
    if not user.has_perm("issuer.approve_batch"):
        return None
    prepared = awards.to_decide(user)
    url = _first_or_list(prepared, "issuer_batch", "?state__exact=prepared", "prepared_at")
    found = prepared.aggregate(count=Count("pk"), since=Min("prepared_at"))
    return _task(found, ("batch to approve", "batches to approve"), "Decide", url)


def _declined(user: User) -> Task | None:
    if not user.has_perm("issuer.prepare_batch"):
        return None
    recent = batches.unseen_declines(user).filter(decided_at__gt=Now() - _TOLD)
    declined = list(recent.order_by("decided_at"))
    if not declined:
        return None
    listed = reverse("admin:issuer_batch_changelist") + "?state__exact=declined"
    url = thing_url(declined[0]) if len(declined) == 1 else listed
    words = ("batch of yours was declined", "batches of yours were declined")
    found = {"count": len(declined), "since": declined[0].decided_at}
    return _task(found, words, "See why", url)


def _awards(user: User) -> Task | None:
    if not user.has_perm(review_queue.PERMISSION):
        return None
    queues = list(review_queue.counts(user))
    url = reverse("admin:registrar_award_queues")
    if len(queues) == 1:
        url = reverse("admin:registrar_award_queue", args=[queues[0].pk])
    since = min((queue.since for queue in queues if queue.since), default=None)
    found = {"count": sum(queue.waiting for queue in queues), "since": since}
    return _task(found, ("award to decide on", "awards to decide on"), "Decide", url)


def _revisions(user: User) -> Task | None:
    if not user.has_perm("registrar.approve_revision"):
        return None
    revisions = templates.to_decide(user)
    url = _first_or_list(revisions, "registrar_revision", "?state__exact=submitted", "submitted_at")
    found = revisions.aggregate(count=Count("pk"), since=Min("submitted_at"))
    return _task(found, ("template to approve", "templates to approve"), "Decide", url)


def _proposals(user: User) -> Task | None:
    if not user.has_perm("registrar.draft_revision"):
        return None
    waiting = TemplateProposal.objects.filter(
        state=TemplateProposal.State.WAITING,
        template__unit__in=roles.reach(user, "registrar.draft_revision"),
    )
    url = _first_or_list(waiting, "registrar_templateproposal", "?state__exact=waiting", "at")
    found = waiting.order_by().aggregate(count=Count("pk"), since=Min("at"))
    words = ("proposal for a template", "proposals for templates")
    return _task(found, words, "Look", url)


def _drafts(user: User) -> Task | None:
    if not user.has_perm("registrar.draft_revision"):
        return None
    drafts = Revision.objects.filter(state=Revision.State.DRAFT, author=user)
    url = _first_or_list(drafts, "registrar_revision", "?state__exact=draft", "created_at")
    found = drafts.aggregate(count=Count("pk"), since=Min("created_at"))
    return _task(found, ("draft of yours to finish", "drafts of yours to finish"), "Go on", url)


def _mappings(user: User) -> Task | None:
    if not user.has_perm("registrar.review_skilltag"):
        return None
    units = roles.reach(user, "registrar.review_skilltag")
    own = Mapping.objects.of_author(user).values("pk")
    waiting = Mapping.objects.waiting().filter(opportunity__unit__in=units).exclude(pk__in=own)
    found = waiting.order_by().aggregate(count=Count("pk"), since=Min("submitted_at"))
    url = reverse("admin:registrar_mapping_review")
    return _task(found, ("course to review", "courses to review"), "Review", url)


def _tags(user: User) -> Task | None:
    if not user.has_perm("registrar.review_skilltag"):
        return None
    # Those of a mapping wait with it, once it is submitted.
    tags = SkillTag.objects.filter(
        state=SkillTag.State.PROPOSED,
        mapping=None,
        outcome__opportunity__unit__in=roles.reach(user, "registrar.review_skilltag"),
    ).exclude(proposed_by=user)
    found = tags.aggregate(count=Count("pk"), since=Min("proposed_at"))
    url = reverse("admin:registrar_skilltag_review")
    return _task(
        found, ("skill tag of no term to review", "skill tags of no term to review"), "Review", url
    )


def _links(user: User) -> Task | None:
    if not user.has_perm("skills.review_association"):
        return None
    links = Association.objects.proposed().order_by().exclude(proposed_by=user)
    found = links.aggregate(count=Count("pk"), since=Min("began_at"))
    url = reverse("admin:skills_association_review")
    return _task(found, ("link of the crosswalk", "links of the crosswalk"), "Review", url)


def _rosters(user: User) -> Task | None:
    if not user.has_perm("registrar.import_roster"):
        return None
    later = RosterImport.objects.filter(
        source=OuterRef("source"), read_at__gt=OuterRef("read_at")
    ).exclude(state=RosterImport.State.REFUSED)
    rosters = RosterImport.objects.filter(state=RosterImport.State.PLANNED).exclude(Exists(later))
    url = _first_or_list(rosters, "registrar_rosterimport", "?state__exact=planned", "read_at")
    found = rosters.aggregate(count=Count("pk"), since=Min("read_at"))
    return _task(found, ("roster read, not applied", "rosters read, not applied"), "Look", url)


def _mails(user: User) -> Task | None:
    if not user.has_perm("issuer.view_mail"):
        return None
    mails = outbox.open_failures()
    url = _first_or_list(mails, "issuer_mail", "", "written_at")
    found = mails.order_by().aggregate(count=Count("pk"), since=Min("written_at"))
    return _task(found, ("mail has not arrived", "mails have not arrived"), "Look", url)


def _webhooks(user: User) -> Task | None:
    if not user.has_perm("issuer.change_webhookendpoint"):
        return None
    off = list(webhooks.given_up().order_by("off_at"))
    if not off:
        return None
    listed = reverse("admin:issuer_webhookendpoint_changelist") + "?is_on__exact=0"
    url = thing_url(off[0]) if len(off) == 1 else listed
    words = ("webhook takes nothing any more", "webhooks take nothing any more")
    return _task({"count": len(off), "since": off[0].off_at}, words, "Look", url)


def _night(user: User) -> Task | None:
    if not user.has_perm("registrar.begin_nightrun"):
        return None
    last = NightRun.objects.first()
    held = last.steps.waiting().count() if last else 0
    if last is None or not held:
        return None
    words = ("step of the last night waits", "steps of the last night wait")
    return _task({"count": held, "since": last.began_at}, words, "Look", thing_url(last), True)


def _same_people(user: User) -> Task | None:
    if not user.has_perm(same_people.RIGHT):
        return None
    waiting = SamePerson.objects.filter(state=SamePerson.State.WAITING)
    url = _first_or_list(waiting, "registrar_sameperson", "?state__exact=waiting", "at")
    found = waiting.order_by().aggregate(count=Count("pk"), since=Min("at"))
    words = ("learner may be the same person", "learners may be the same people")
    return _task(found, words, "Decide", url)


def _corrections(user: User) -> Task | None:
    if not user.has_perm(corrections.CONFIRM):
        return None
    waiting = Correction.objects.waiting().exclude(by=user)
    url = _first_or_list(waiting, "registrar_correction", "?state__exact=waiting", "at")
    found = waiting.order_by().aggregate(count=Count("pk"), since=Min("at"))
    return _task(found, ("correction to confirm", "corrections to confirm"), "Decide", url)


def _confirmations(user: User) -> Task | None:
    if not user.has_perm("registrar.ask_confirmation"):
        return None
    late = confirmations.overdue()
    url = _first_or_list(late, "registrar_confirmation", "?state__exact=asked", "asked_at")
    found = late.order_by().aggregate(count=Count("pk"), since=Min("expires_at"))
    words = ("question outside was not answered", "questions outside were not answered")
    return _task(found, words, "Look", url)


SOURCES: tuple[Callable[[User], Task | None], ...] = (
    _set_up,
    _no_key,
    _old_key,
    _ending,
    _expiring,
    _overdue,
    _failed,
    _held_up,
    _batches,
    _declined,
    _night,
    _corrections,
    _same_people,
    _awards,
    _revisions,
    _proposals,
    _drafts,
    _mappings,
    _tags,
    _links,
    _rosters,
    _mails,
    _webhooks,
    _confirmations,
)


def _task(
    found: dict[str, Any], what: tuple[str, str], verb: str, url: str, is_urgent: bool = False
) -> Task | None:
    number, since = found["count"], found["since"]
    if not number:
        return None
    return Task(number, what[number > 1], verb, url, since, is_urgent)


def _first_or_list(things: QuerySet, name: str, query: str, oldest_by: str) -> str:
    """The page of the one thing that waits, or the list of all that do."""
    waiting = list(things.order_by(oldest_by).values_list("pk", flat=True)[:2])
    if len(waiting) == 1:
        return reverse(f"admin:{name}_change", args=waiting)
    return reverse(f"admin:{name}_changelist") + query
