"""The main job of `./dev demo`: from rosters to signed credentials, one of them revoked."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from oauth2_provider.models import Application

from issuer.errors import Refusal
from issuer.models import Credential, SecuredDocument
from issuer.services import keys
from registrar.management import demonstration, evidence, issuing
from registrar.management.commands.award_courses import add_passing, passing_from
from registrar.management.commands.load_example import drawn_secrets
from registrar.management.demonstration import ExampleJob, Job, RosterJob
from registrar.management.drawn import DrawnSecrets
from registrar.management.example_college import ExampleCollege
from registrar.management.narration import Narrator
from registrar.models import Award
from registrar.services.college import api_clients
from skills.errors import SkillsError

COVERAGE = "/admin/registrar/skilltag/coverage/"
ADDRESSES = {
    "The desk of the registrar": "/admin/",
    "Faculty": "/teach/",
    "Verify a credential": "/verify",
    "Which courses cover which skills": COVERAGE,
    "The institution's DID document": "/.well-known/did.json",
    "API description": "/api/v1/schema",
}
API_CLIENT = "Student information system"
# Beside what such a system reads and sends: what a person approves, or what changes nothing.
MORE_TO_TRY = (
    "awards.prepare",
    "nights.read",
    "rules.evaluate",
    "skills.propose",
    "templates.draft",
    "vc.verify",
)


class Command(BaseCommand):
    """Safe to run again: it keeps what is there, and issues nothing twice."""

    help = (
        "Load the example and, if one is given, a roster; decide, approve, have the workers "
        "issue, verify, revoke one, verify again, and run the job once more. Tells every step "
        "as a line of JSON. Needs an active key, a worker and a signer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What comes in, who has passed, where the outcome goes."""
        parser.add_argument("--roster", type=Path, help="a OneRoster 1.2 CSV bundle")
        add_passing(parser)
        parser.add_argument("--out", type=Path, metavar="DIR", help="write the outcome there")
        parser.add_argument("--base-url", default=settings.BASE_URL)
        parser.add_argument("--sandbox", action="store_true", help="nothing of it is real")
        parser.add_argument("--progress", action="store_true", help="tell how far each step is")
        parser.add_argument("--passwords-to", type=Path, metavar="FILE")
        parser.add_argument(
            "--only-tell", action="store_true", help="do nothing, tell where to look and sign in"
        )

    def handle(self, **options: Any) -> None:
        """The job, and what can be tried afterwards."""
        drawn = drawn_secrets(options["passwords_to"])
        college = ExampleCollege(drawn, is_sandbox=options["sandbox"])
        narrator = Narrator(self.stdout, shows_progress=options["progress"])
        if options["only_tell"]:
            if sign_ins := college.standing_sign_ins:
                _tell(narrator, sign_ins, _kept_client(drawn, options["base_url"]), drawn)
            return
        job: Job = ExampleJob(college)
        try:
            keys.active(settings.ISSUER_DID)
            if options["roster"]:
                job = RosterJob(college, options["roster"], passing_from(options))
                job.check(narrator)
            revoked = self._run(job, narrator)
            again = self._run_again(job, narrator)
            summary = {
                "learners": job.learners,
                "awards": job.awards().count(),
                "credentials": demonstration.documents(job).count(),
                "revoked": revoked.urn,
                "second_run_issued": again,
                "steps": [asdict(step) for step in narrator.steps],
                "base_url": options["base_url"],
                "sign_ins": college.sign_ins,
                "api_client": _api_client(college, drawn, options["base_url"]),
                "file_template": college.file_template,
                "coverage": COVERAGE,
            }
            if options["out"]:
                evidence.write(options["out"], job, revoked=revoked, summary=summary)
        except (Refusal, SkillsError) as error:
            raise CommandError(str(error)) from error
        _tell(narrator, college.sign_ins, _kept_client(drawn, options["base_url"]), drawn)

    def _run(self, job: Job, narrator: Narrator) -> Credential:
        """Decide, issue, verify, revoke, verify; the credential that is revoked."""
        before = SecuredDocument.objects.count()
        job.run(narrator)
        if not job.awards().exists():
            raise CommandError("Nobody was awarded anything, so there is nothing to issue.")
        with narrator.step("credentials issued") as step:
            issuing.wait_until_issued(
                demonstration.unissued(), report=_progress(narrator, step.name)
            )
            # The workers did not wait for this step to begin.
            step.count = SecuredDocument.objects.count() - before
        if isinstance(job, RosterJob):
            with narrator.step("awards of the example withdrawn") as step:
                step.count = job.college.withdraw_lapsed()
                _wait_for_the_list(ExampleJob(job.college))
        with narrator.step("credentials verified") as step:
            found = evidence.verify(job, report=_progress(narrator, step.name))
            step.count = found.valid + len(found.revoked)
        with narrator.step("credentials revoked") as step:
            if demonstration.revoked(job) is None:
                job.revoke()
            revoked = _wait_for_the_list(job)
            step.count = len(evidence.revoked_in_database(job))
        if revoked is None:
            raise CommandError("None of the credentials was revoked.")
        if evidence.revoked_as_published(job) != evidence.revoked_in_database(job):
            raise CommandError("The published lists do not say what was revoked.")
        narrator.note(f"{step.count:,} of them revoked, as the published lists say.")
        return revoked

    def _run_again(self, job: Job, narrator: Narrator) -> int:
        """Run the job once more; how many credentials that would issue."""
        with narrator.step("issued by a second run") as step:
            before = Award.objects.count()
            job.run(Narrator(self.stdout, is_silent=True))
            step.count = Award.objects.count() - before
        return step.count


def _wait_for_the_list(job: Job) -> Credential | None:
    """The credential of the job that was revoked first, once everybody can see that it is."""
    revoked = demonstration.revoked(job)
    if revoked is not None:
        issuing.wait_until_published(revoked)
    return revoked


def _progress(narrator: Narrator, name: str) -> Any:
    return lambda done, total: narrator.progress(name, done, total)


def _tell(
    narrator: Narrator,
    sign_ins: list[dict[str, str]],
    client: dict[str, str] | None,
    drawn: DrawnSecrets,
) -> None:
    """Tell where to look, who can sign in, and as which system one asks the API."""
    for label, path in ADDRESSES.items():
        narrator.address(label, path)
    for person in sign_ins:
        narrator.sign_in(person)
    if client is not None:
        narrator.api_client(client)
    narrator.note(f"Passwords and secrets of the example are kept in {drawn.path}")
    if settings.EMAIL_FILE_PATH:
        narrator.note(f"Mails go to nobody: they are files in {settings.EMAIL_FILE_PATH}")


def _api_client(college: ExampleCollege, drawn: DrawnSecrets, base_url: str) -> dict[str, str]:
    """The client of the example's student information system; its secret was kept.

    With its token most of the API can be tried. It does not issue or revoke by itself, and its
    secret stays the one that is told.
    """
    if (kept := _kept_client(drawn, base_url)) is not None:
        return kept
    scopes = {*settings.API_SCOPES, *settings.SIS_WRITE_SCOPES, *MORE_TO_TRY}
    client, secret = api_clients.add(API_CLIENT, by=college.administrator, scopes=scopes)
    drawn.keep("api_client_secret", secret)
    drawn.keep("api_client_id", client.client_id)
    return _told(client.client_id, secret, base_url)


def _kept_client(drawn: DrawnSecrets, base_url: str) -> dict[str, str] | None:
    client_id, secret = drawn.get("api_client_id"), drawn.get("api_client_secret")
    if secret is None or not Application.objects.filter(client_id=client_id or "").exists():
        return None
    return _told(str(client_id), secret, base_url)


def _told(client_id: str, secret: str, base_url: str) -> dict[str, str]:
    return {"id": client_id, "secret": secret, "token_url": f"{base_url}/oauth/token"}
