"""A desk with something on it: one thing of each kind, and somebody signed in."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from issuer.models import Credential, Mail, StatusList
from issuer.services import publishing, webhooks
from registrar.admin.framework_imports import Upload
from registrar.models import (
    Award,
    Confirmation,
    Learner,
    LearningOutcome,
    Programme,
    ResultImport,
    Revision,
    RosterImport,
    SkillTag,
    TemplateProposal,
)
from registrar.services.awarding import award_files, corrections
from registrar.services.college import api_clients
from registrar.services.college.uploads import keep
from registrar.services.deciding import simulations
from registrar.services.drafting import templates
from registrar.services.feeding import feeds, nights, rosters
from registrar.services.marking import confirmations, result_imports
from registrar.services.marking.confirmations import Supervisor
from registrar.services.teaching import catalog, outcome_sets, programmes, tagging
from registrar.services.vocabularies import competencies, crosswalk, vocabulary
from skills.models import Association, Framework, Skill
from skills.services import likeness
from skills.services.competencies import Part
from skills.services.crosswalk import Proposal

PASSWORD = "a quite long password"


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    """Where uploads wait."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    settings.UPLOAD_DIR = str(folder)
    return folder


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A client in which somebody is signed in."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def open_as(
    signed_in: Callable[[User], Client], live_server: Any, settings: Any
) -> Callable[..., None]:
    """Opens an address in a page in which somebody is signed in."""

    def open_page(page: Any, person: User, address: str) -> None:
        cookie = signed_in(person).cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
        )
        page.goto(live_server.url + address)

    return open_page


@pytest.fixture
def tag(college: Any, fay: User) -> SkillTag:
    """Fay proposes that drawing a cell teaches to draw."""
    return tagging.propose(college.outcome, college.skills[1], emphasis="taught", by=fay)


@pytest.fixture
def adas_credential(adas_credential: Credential) -> Credential:
    """Ada's credential, issued; its status list is published."""
    publishing.publish(StatusList.objects.get())
    return adas_credential


@pytest.fixture
def roster(clara: User, tmp_path: Path) -> RosterImport:
    """A roster that cannot be applied, with what is wrong with it."""
    folder = tmp_path / "roster"
    folder.mkdir()
    (folder / "manifest.csv").write_text("propertyName,value\noneroster.version,1.1\n")
    return rosters.read(folder, by=clara)


def edition(*, version: str = "1", labels: tuple[str, ...] = ("Count", "Weigh")) -> bytes:
    """A small framework as a CASE 1.1 package."""
    address = "https://case.example/ims/case/v1p1"
    changed = f"2026-0{version}-01T00:00:00+00:00"

    def link(kind: str, identifier: str, title: str) -> dict[str, str]:
        return {"uri": f"{address}/{kind}/{identifier}", "identifier": identifier, "title": title}

    document = "7b0d1c1e-7a1d-4f0b-8c1d-0c8a3c1a0b01"
    package = "7b0d1c1e-7a1d-4f0b-8c1d-0c8a3c1a0b02"
    return json.dumps(
        {
            "CFDocument": {
                "identifier": document,
                "uri": f"{address}/CFDocuments/{document}",
                "title": "Trades",
                "creator": "Small College",
                "lastChangeDateTime": changed,
                "CFPackageURI": link("CFPackages", package, "Trades"),
            },
            "CFItems": [
                {
                    "identifier": f"7b0d1c1e-7a1d-4f0b-8c1d-0c8a3c1a0b{number + 16:02x}",
                    "uri": f"{address}/CFItems/7b0d1c1e-7a1d-4f0b-8c1d-0c8a3c1a0b{number + 16:02x}",
                    "fullStatement": f"Can {label.lower()}.",
                    "abbreviatedStatement": label,
                    "CFItemType": "Skill",
                    "lastChangeDateTime": changed,
                    "CFDocumentURI": link("CFDocuments", document, "Trades"),
                }
                for number, label in enumerate(labels)
            ],
            "CFAssociations": [],
        }
    ).encode()


@dataclass
class Addresses:
    """The address of every page of the desk, by a name to call it by."""

    pages: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.pages[name]


def walk(origin: Skill, destination: Skill, *, by: User) -> Association:
    """A link that is proposed and waits."""
    said = Proposal(origin=origin, kind="isRelatedTo", destination=destination)
    (link,) = crosswalk.propose([said], by=by).new
    return link


def question(college: Any, learner: Learner, *, by: User) -> Confirmation:
    """A question to somebody outside, written and not sent."""
    birds = college.course_named("birds", kind="activity")
    offering = college.offer(birds)
    college.enrol(learner, offering)
    outcome = LearningOutcome.objects.create(
        opportunity=birds, code="BIRDS-1", statement="Rings birds without harm."
    )
    maria = Supervisor(name="María Silva", organization="Bird station", email="m@birds.example")
    return confirmations.ask(offering, learner, [outcome], of=maria, by=by)


def compare(left: Framework, right: Framework) -> None:
    """Compare two frameworks by their texts."""
    likeness.compare(likeness.ask(left, right, by=None))


def results_file(*, by: User) -> ResultImport:
    """A sheet of results of which nobody has said what its columns hold."""
    sheet = ContentFile(b"Who,What,How well\n1001,BIO101-1,Met\n")
    return result_imports.read(keep(sheet), by=by, file_name="clickers.csv")


def programme(college: Any, *, by: User) -> Programme:
    """A programme with the one course of the college."""
    sheet = f"programme,title,unit,course\nBSC,Science,Science,{college.course.code}\n".encode()
    seen = programmes.plan(sheet, since=None, by=by)
    programmes.apply(sheet, since=None, fingerprint=seen.fingerprint, by=by)
    return Programme.objects.get(code="BSC")


@pytest.fixture
def addresses(
    college: Any,
    tag: SkillTag,
    roster: RosterImport,
    adas_credential: Credential,
    cells: Revision,
    root: User,
) -> Addresses:
    """A full desk, and where everything on it is."""
    vocabulary.apply(vocabulary.plan(edition()), by=root, source="trades.json")
    newer = Upload(keep(ContentFile(edition(version="2", labels=("Measure",)))), "trades.json")
    sheet = b"Ref,What they can do\nA1,Count the birds of a marsh\nA2,Name its trees\n"
    unknown = Upload(keep(ContentFile(sheet)), "a sheet of ours.csv")
    trades = Framework.objects.latest("pk")
    walked = walk(college.skills[0], trades.skills.earliest("pk"), by=root)
    walk(college.skills[2], trades.skills.earliest("pk"), by=root)
    compare(college.skills[0].framework, trades)
    competency = competencies.draft(
        college.skills[0].framework,
        by=root,
        statement="Works in a laboratory.",
        parts=[Part(college.skills[0], "skill")],
    )
    award = Award.objects.get()
    system, _ = api_clients.add("Student information system", by=root)
    club = catalog.add_activity("club", title="Cells club", unit=college.science, by=root)
    asked = question(college, award.learner, by=root)
    corrected = corrections.correct_learner(
        award.learner, by=root, reason="The deed was shown.", family_name="King"
    )

    portal = webhooks.add("https://portal.example/hooks", types=["batch.approved"], by=root)
    test = webhooks.send_test(portal)
    feed = feeds.add("Banner", "banner", by=root)
    night = nights.carry_on(nights.begin(date(2026, 6, 8)))
    science = programme(college, by=root)
    general = outcome_sets.make(college.skills[0].framework, by=root)
    results = results_file(by=root)
    people = award_files.take(
        b"Who,What\n1,2\n", template=cells.template, by=root, file_name="people.csv"
    )
    award_files.look(people)

    def page(name: str, *args: Any) -> str:
        return reverse(f"admin:{name}", args=args)

    proposed = TemplateProposal.objects.create(
        template=cells.template, by=root, reason="Say which cells.", criteria="Draws a cell."
    )
    learner = award.learner
    tried = simulations.run(simulations.ask(cells, by=root))
    drafted = templates.revise(cells.template, by=root)
    return Addresses(
        {
            "home": page("index"),
            "frameworks": page("skills_framework_changelist"),
            "framework": page("skills_framework_change", Framework.objects.latest("pk").pk),
            "import of a framework": page("skills_framework_import"),
            "plan of a framework": page("skills_framework_plan", newer.word),
            "description of a framework": page("skills_framework_describe", unknown.word),
            "skills": page("skills_skill_changelist"),
            "skill": page("skills_skill_change", college.skills[0].pk),
            "crosswalk": page("skills_association_changelist"),
            "link": page("skills_association_change", walked.pk),
            "side by side": page("skills_association_between")
            + f"?left={college.skills[0].framework_id}&right={trades.pk}"
            + f"&skill={college.skills[1].pk}",
            "reads alike": page("skills_association_suggested")
            + f"?left={college.skills[0].framework_id}&right={trades.pk}",
            "crosswalk as CSV": page("skills_association_download", "csv")
            + f"?left={college.skills[0].framework_id}&right={trades.pk}",
            "review of links": page("skills_association_review"),
            "competencies": page("skills_competency_changelist"),
            "competency": page("skills_competency_change", competency.pk),
            "drafting a competency": page("skills_competency_new"),
            "editing a competency": page("skills_competency_edit", competency.pk),
            "courses": page("registrar_course_changelist"),
            "reading a catalogue": page("registrar_course_catalogue"),
            "course": page("registrar_course_change", college.course.pk),
            "description of a course": page("registrar_course_describe", college.course.pk),
            "outcomes of a course": page("registrar_course_outcomes", college.course.pk),
            "activities": page("registrar_activity_changelist"),
            "activity": page("registrar_activity_change", club.pk),
            "adding an activity": page("registrar_activity_new"),
            "description of an activity": page("registrar_activity_describe", club.pk),
            "outcomes of an activity": page("registrar_activity_outcomes", club.pk),
            "asking outside": page("registrar_activity_confirm", club.pk),
            "confirmations": page("registrar_confirmation_changelist"),
            "confirmation": page("registrar_confirmation_change", asked.pk),
            "participation": page("registrar_activity_participation", club.pk),
            "programmes": page("registrar_programme_changelist"),
            "programme": page("registrar_programme_change", science.pk),
            "coverage of a programme": page("registrar_programme_coverage", science.pk),
            "coverage of a programme as CSV": page("registrar_programme_coverage_csv", science.pk),
            "coverage of a programme as SVG": page("registrar_programme_coverage_svg", science.pk),
            "behind a number": page("registrar_programme_behind", science.pk, college.skills[1].pk),
            "curriculum map": page("registrar_programme_map", science.pk),
            "curriculum map as CSV": page("registrar_programme_map_csv", science.pk),
            "evidence pack": page("registrar_programme_evidence", science.pk),
            "evidence pack as zip": page("registrar_programme_evidence_zip", science.pk),
            "entering programmes": page("registrar_programme_sheet"),
            "outcome sets": page("registrar_outcomeset_changelist"),
            "outcome set": page("registrar_outcomeset_change", general.pk),
            "making an outcome set": page("registrar_outcomeset_new"),
            "outcomes of a set for a course": page("registrar_course_sets", college.course.pk),
            "outcomes of a set for an activity": page("registrar_activity_sets", club.pk),
            "outcomes": page("registrar_learningoutcome_changelist"),
            "outcome": page("registrar_learningoutcome_change", college.outcome.pk),
            "tags": page("registrar_skilltag_changelist"),
            "review": page("registrar_skilltag_review"),
            "mappings": page("registrar_mapping_changelist"),
            "mapping": page("registrar_mapping_change", tag.mapping_id),
            "review of courses": page("registrar_mapping_review"),
            "coverage": page("registrar_skilltag_coverage"),
            "coverage as CSV": page("registrar_skilltag_coverage_csv"),
            "units": page("registrar_organizationunit_changelist"),
            "staff": page("auth_user_changelist"),
            "adding a person": page("auth_user_new"),
            "roles": page("registrar_role_changelist"),
            "giving a role": page("registrar_role_new"),
            "role": page("registrar_role_change", root.roles.get().pk),
            "adding an API client": page("oauth2_provider_application_new"),
            "API clients": page("oauth2_provider_application_changelist"),
            "API client": page("oauth2_provider_application_change", system.pk),
            "keys of an API client": page("oauth2_provider_application_keys", system.pk),
            "what an API client may do": page("oauth2_provider_application_scopes", system.pk),
            "learners": page("registrar_learner_changelist"),
            "learner": page("registrar_learner_change", learner.pk),
            "correcting a learner": page("registrar_learner_correct", learner.pk),
            "corrections": page("registrar_correction_changelist"),
            "correction": page("registrar_correction_change", corrected.pk),
            "who corrects": page("registrar_correctionpolicy_changelist"),
            "setting who corrects": page("registrar_correctionpolicy_settle"),
            "rosters": page("registrar_rosterimport_changelist"),
            "roster": page("registrar_rosterimport_change", roster.pk),
            "problems of a roster": page("registrar_rosterimport_problems", roster.pk),
            "reading a roster": page("registrar_rosterimport_read"),
            "files of results": page("registrar_resultimport_changelist"),
            "file of results": page("registrar_resultimport_change", results.pk),
            "columns of results": page("registrar_resultimport_describe", results.pk),
            "reading results": page("registrar_resultimport_read"),
            "files of awards": page("registrar_awardfile_changelist"),
            "file of awards": page("registrar_awardfile_change", people.pk),
            "awarding from a file": page("registrar_awardfile_take"),
            "awarding chosen learners": page("registrar_awardfile_choose"),
            "options of a choice": page("registrar_awardfile_options"),
            "rows of a file of awards": page("registrar_awardfile_rows", people.pk),
            "settings of a file of awards": page("registrar_awardfile_settings", people.pk),
            "progress of a file of awards": page("registrar_awardfile_reading", people.pk),
            "errors of a file of awards": page("registrar_awardfile_failures", people.pk),
            "results": page("registrar_result_changelist"),
            "who sees marks": page("registrar_markingpolicy_changelist"),
            "rules of tagging": page("registrar_taggingpolicy_changelist"),
            "setting the rules of tagging": page("registrar_taggingpolicy_settle"),
            "setting who sees marks": page("registrar_markingpolicy_settle"),
            "result": page("registrar_result_change", learner.results.get().pk),
            "templates": page("registrar_credentialtemplate_changelist"),
            "template": page("registrar_credentialtemplate_change", cells.template_id),
            "beginning a template": page("registrar_credentialtemplate_draft"),
            "revisions": page("registrar_revision_changelist"),
            "revision": page("registrar_revision_change", cells.pk),
            "proposals": page("registrar_templateproposal_changelist"),
            "proposal": page("registrar_templateproposal_change", proposed.pk),
            "preview of a revision": page("registrar_revision_preview", cells.pk),
            "editing a revision": page("registrar_revision_edit", cells.pk),
            "evaluation": page("registrar_award_evaluate", cells.pk),
            "trying a rule": page("registrar_revision_simulate", cells.pk),
            "awards to review": page("registrar_award_queues") + "?all=yes",
            "queue of awards": page("registrar_award_queue", cells.pk),
            "numbers of a queue": page("registrar_award_queue_counts", cells.pk),
            "building a rule": page("registrar_revision_rule", drafted.pk),
            "filling in results": page("registrar_revision_results", drafted.pk),
            "options of a rule": page("registrar_revision_rule_options"),
            "why or why not": page("registrar_learner_why", learner.pk, cells.pk),
            "asking why": page("registrar_credentialtemplate_why", cells.template_id),
            "rules tried": page("registrar_simulation_changelist"),
            "rule tried": page("registrar_simulation_change", tried.pk),
            "rule tried as CSV": page("registrar_simulation_csv", tried.pk),
            "awards": page("registrar_award_changelist"),
            "what ends soon": page("registrar_award_ending"),
            "what ends soon as CSV": page("registrar_award_ending_csv"),
            "reminders": page("registrar_reminderpolicy_changelist"),
            "setting reminders": page("registrar_reminderpolicy_settle"),
            "what was issued": page("registrar_award_issued"),
            "what was issued as CSV": page("registrar_award_issued_csv"),
            "nights": page("registrar_nightrun_changelist"),
            "night": page("registrar_nightrun_change", night.pk),
            "running a night": page("registrar_nightrun_begin") + "?look=1",
            "feeds": page("registrar_feed_changelist"),
            "feed": page("registrar_feed_change", feed.pk),
            "adding a feed": page("registrar_feed_new"),
            "search": page("search") + "?q=a",
            "award": page("registrar_award_change", award.pk),
            "batches": page("issuer_batch_changelist"),
            "batch": page("issuer_batch_change", award.batch_id),
            "progress": page("issuer_batch_progress", award.batch_id),
            "mail about a withdrawal": page("issuer_batch_withdrawal_mail", award.batch_id),
            "credentials": page("issuer_credential_changelist"),
            "credential": page("issuer_credential_change", award.credential_id),
            "status lists": page("issuer_statuslist_changelist"),
            "status list": page("issuer_statuslist_change", StatusList.objects.get().pk),
            "institution": page("issuer_institution_changelist"),
            "keys": page("issuer_signingkey_changelist"),
            "ledger": page("issuer_ledgerentry_changelist"),
            "entry": page("issuer_ledgerentry_change", 1),
            "check of the ledger": page("issuer_ledgerentry_check"),
            "outbox": page("issuer_mail_changelist"),
            "mail": page("issuer_mail_change", Mail.objects.get().pk),
            "webhooks": page("issuer_webhookendpoint_changelist"),
            "adding a webhook": page("issuer_webhookendpoint_new"),
            "webhook": page("issuer_webhookendpoint_change", test.endpoint_id),
            "changing a webhook": page("issuer_webhookendpoint_describe", test.endpoint_id),
            "secret of a webhook": page("issuer_webhookendpoint_secret", test.endpoint_id),
            "missed by a webhook": page("issuer_webhookendpoint_again", test.endpoint_id),
            "sent to webhooks": page("issuer_delivery_changelist"),
            "delivery": page("issuer_delivery_change", test.pk),
        }
    )
