"""The registrar's facts, in the order in which they come to be."""

from registrar.models.api_clients import (
    ApiClient,
    ExpiryWarning,
    FormerSecret,
    TokenProof,
    UsedAssertion,
)
from registrar.models.award_files import AwardFile, AwardFileRow
from registrar.models.award_mails import Announcement, AwardMail, Withdrawal, WithdrawalMail
from registrar.models.awards import Award
from registrar.models.catalog import (
    Activity,
    Course,
    LearningOpportunity,
    Offering,
    Term,
)
from registrar.models.comments import Comment
from registrar.models.confirmations import Confirmation, ConfirmedOutcome
from registrar.models.corrections import CorrectedAward, Correction, CorrectionPolicy
from registrar.models.digests import Digest, DigestChoice
from registrar.models.imports import ResultImport, RosterImport
from registrar.models.kept_answers import KeptAnswer
from registrar.models.learner_access import (
    HostedCredential,
    LearnerAccount,
    LearnerApp,
    SignInLink,
)
from registrar.models.learners import Enrolment, Learner
from registrar.models.mappings import Mapping, MappingConfirmation
from registrar.models.marking import MarkingPolicy
from registrar.models.nights import Feed, NightRun, NightStep, Pull
from registrar.models.outcomes import LearningOutcome, OutcomeWording
from registrar.models.people import OrganizationUnit, Role
from registrar.models.policies import TaggingPolicy
from registrar.models.programmes import OutcomeSet, Programme, ProgrammeCourse, SetOutcome
from registrar.models.queues import QueueCount
from registrar.models.reminders import Reminder, ReminderPolicy
from registrar.models.results import LineItem, Result
from registrar.models.same_people import SamePerson
from registrar.models.sign_ins import SignInAttempt
from registrar.models.simulations import Simulation
from registrar.models.successions import Succession
from registrar.models.tagging import SkillChoice, SkillTag, TagEvidence
from registrar.models.template_proposals import TemplateProposal
from registrar.models.templates import CredentialTemplate, Revision, RevisionSkill
from registrar.models.upserts import UpsertedRow, UpsertJob

__all__ = [
    "Activity",
    "Announcement",
    "ApiClient",
    "Award",
    "AwardFile",
    "AwardFileRow",
    "AwardMail",
    "Comment",
    "Confirmation",
    "ConfirmedOutcome",
    "CorrectedAward",
    "Correction",
    "CorrectionPolicy",
    "Course",
    "CredentialTemplate",
    "Digest",
    "DigestChoice",
    "Enrolment",
    "ExpiryWarning",
    "Feed",
    "FormerSecret",
    "HostedCredential",
    "KeptAnswer",
    "Learner",
    "LearnerAccount",
    "LearnerApp",
    "LearningOpportunity",
    "LearningOutcome",
    "LineItem",
    "Mapping",
    "MappingConfirmation",
    "MarkingPolicy",
    "NightRun",
    "NightStep",
    "Offering",
    "OrganizationUnit",
    "OutcomeSet",
    "OutcomeWording",
    "Programme",
    "ProgrammeCourse",
    "Pull",
    "QueueCount",
    "Reminder",
    "ReminderPolicy",
    "Result",
    "ResultImport",
    "Revision",
    "RevisionSkill",
    "Role",
    "RosterImport",
    "SamePerson",
    "SetOutcome",
    "SignInAttempt",
    "SignInLink",
    "Simulation",
    "SkillChoice",
    "SkillTag",
    "Succession",
    "TagEvidence",
    "TaggingPolicy",
    "TemplateProposal",
    "Term",
    "TokenProof",
    "UpsertJob",
    "UpsertedRow",
    "UsedAssertion",
    "Withdrawal",
    "WithdrawalMail",
]
