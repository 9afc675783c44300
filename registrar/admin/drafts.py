"""The form in which a template is drafted: words, rule, skills."""

import json
from collections.abc import Iterator
from typing import Any, Final, cast

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import slugify

from issuer.models import StatusList
from issuer.vc import reading, vocabularies
from issuer.vc.errors import VcError
from issuer.vc.json_text import parse_json
from registrar import rules
from registrar.errors import UnsoundImage
from registrar.models import CredentialTemplate, OrganizationUnit, Revision, RevisionSkill
from registrar.readers import images
from registrar.services.college import roles
from registrar.services.drafting import templates
from registrar.services.drafting.credential_facts import PROPOSED_TYPES
from skills.models import Skill

_CODE = {"class": "code", "spellcheck": "false", "autocomplete": "off"}
# What a signature is for.
_KEPT = "image of a draft"
_NOT_SAID = [("", "Not said")]
_YES_OR_NO = [("unknown", "Not said"), ("true", "Yes"), ("false", "No")]
# The fields as they stand together in the form; those of a new template first.
GROUPS: Final = (
    ("What it says", ("name", "slug", "unit", "description", "criteria", "human_code", "language")),
    (
        "Kind, credit and effort",
        (
            *("kind", "achievement_type", "level", "credit", "credits", "credit_unit", "hours"),
            "not_stated_because",
        ),
    ),
    ("Assessment", ("assessment", "is_supervised", "identity_checked", "evidence_rule")),
    ("How long it holds", ("valid_for", "renewal", "status_purpose")),
    ("Who earns it", ("awarding", "tells_learners", "rule")),
    ("How it looks", ("image_file", "image_alternative", "is_drawn", "includes_name")),
    ("For colleagues", ("note", "pilot_unit")),
)


class JsonField(forms.CharField):
    """JSON as text: what was typed stays as it was typed, and faults name their line."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text.strip():
            return None
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            raise ValidationError(
                f"This is not JSON. Look at line {error.lineno}, column {error.colno}: {error.msg}."
            ) from error
        except ValueError as error:
            raise ValidationError("A number in this JSON is too long.") from error
        except RecursionError as error:
            raise ValidationError("This JSON is nested too deeply.") from error
        return _read_strictly(text)


def _read_strictly(text: str) -> Any:
    """What is JSON for every reader and for the database; the reader wants an object around it."""
    try:
        data = parse_json(f'{{"value": {text}}}'.encode("utf-8", "surrogatepass"))["value"]
    except VcError as error:
        raise ValidationError(str(error)) from error
    if any("\0" in each for each in _texts(data)):
        raise ValidationError("A text in this JSON holds a NUL character. Take it out.")
    return data


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for each in data:
            yield from _texts(each)
    elif isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from _texts(value)


class DefaultedChoice(forms.ChoiceField):
    """A choice that is the initial one where none was sent, as by a page opened long ago."""

    def clean(self, value: Any) -> Any:
        return super().clean(value or self.initial)


class DraftForm(forms.Form):
    """All that one revision says."""

    name = forms.CharField(
        max_length=300, error_messages={"required": "Write what the credential is called."}
    )
    description = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text="What a learner has shown, in a sentence or two. Needed before it is submitted.",
    )
    criteria = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
        help_text="What one has to do to earn it; Markdown. Needed before it is submitted.",
    )
    kind = forms.ChoiceField(
        choices=[*_NOT_SAID, *Revision.Kind.choices], required=False, label="Kind"
    )
    achievement_type = forms.ChoiceField(
        choices=[
            ("", "The one that goes with the kind"),
            *(
                (name, reading.kind_in_words(name))
                for name in sorted(vocabularies.ACHIEVEMENT_TYPES)
            ),
        ],
        required=False,
        label="Type in Open Badges",
    )
    human_code = forms.CharField(max_length=100, required=False, label="Course or catalogue code")
    language = forms.CharField(
        max_length=20,
        initial="en",
        help_text="For example en or es.",
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    credit = forms.ChoiceField(choices=[*_NOT_SAID, *Revision.Credit.choices], required=False)
    credits = forms.DecimalField(
        max_digits=6, decimal_places=2, min_value=0, required=False, label="How many credits"
    )
    credit_unit = forms.CharField(
        max_length=60,
        required=False,
        label="Unit of credit",
        help_text="For example ECTS credits or semester hours.",
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    level = forms.CharField(
        max_length=100, required=False, help_text="For example EQF level 5 or second year."
    )
    hours = forms.DecimalField(
        max_digits=7,
        decimal_places=1,
        min_value=0,
        required=False,
        label="Hours of work",
        help_text="All that a learner spends on it, in class and outside. Hours or credits are "
        "needed before it is submitted.",
    )
    not_stated_because = forms.CharField(
        max_length=500,
        required=False,
        label="Why skills or effort are not stated",
        help_text="Only where there is nothing to state, as for a membership. Stands in the "
        "credential.",
    )
    assessment = forms.ChoiceField(
        choices=[*_NOT_SAID, *Revision.Assessment.choices],
        required=False,
        label="How it is assessed",
        help_text="Needed before it is submitted.",
    )
    is_supervised = forms.NullBooleanField(required=False, label="Under supervision")
    identity_checked = forms.NullBooleanField(required=False, label="Identity checked")
    evidence_rule = DefaultedChoice(
        choices=Revision.Evidence.choices, initial=Revision.Evidence.NONE, label="Evidence"
    )
    valid_for = forms.IntegerField(
        min_value=1,
        max_value=1200,
        required=False,
        label="Valid for how many months",
        help_text="From the day of the award; empty is without end.",
    )
    renewal = forms.CharField(
        max_length=500,
        required=False,
        label="How it is renewed",
        help_text="For example: by twelve hours of further training.",
    )
    pilot_unit = forms.ModelChoiceField(
        OrganizationUnit.objects.all(),
        required=False,
        empty_label="No pilot",
        label="Pilot in",
        help_text="It is awarded by its rule in this unit alone, and says “Pilot” on its page, in "
        "its picture and in its credentials. Promoting it later takes over all that it says. To "
        "try something beside a credential that is awarded already, begin a template of its own.",
    )
    note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        label="Why it is so",
        help_text="For whoever approves or revises it. It is not published.",
    )
    image_alternative = forms.CharField(
        max_length=300,
        required=False,
        label="What the image shows",
        help_text="For those who do not see it. Needed with an image of one's own.",
    )
    includes_name = forms.BooleanField(
        required=False,
        label="Carries the learner's name",
        help_text="The name then stands in every credential, for everyone who is shown it.",
    )
    status_purpose = DefaultedChoice(
        choices=[
            (StatusList.Purpose.REVOCATION, "Revoking it, for good"),
            (StatusList.Purpose.SUSPENSION, "Suspending it, until it is reinstated"),
        ],
        initial=StatusList.Purpose.REVOCATION,
        label="Can be taken back by",
        help_text="One of the two, as Open Badges allows a credential one status entry. Suspension "
        "is for what may rest for a while, such as a licence; withdrawn for good, it still reads "
        "“suspended” to verifiers.",
    )
    rule = JsonField(
        widget=forms.Textarea(attrs=_CODE | {"rows": 10}),
        required=False,
        label="Award rule",
        help_text='As JSON, for example {"final_result": {"course": "BIO 201", "category": '
        '"Module result", "one_of": ["Pass", "Distinction"]}}. Without a rule it is awarded '
        "to nobody.",
    )
    awarding = DefaultedChoice(
        choices=Revision.Awarding,
        initial=Revision.Awarding.HAND,
        label="How it is awarded",
        help_text="Whoever approves this revision also approves what it awards by itself; nobody "
        "looks at those batches before they are issued.",
    )
    tells_learners = forms.BooleanField(
        required=False,
        initial=True,
        label="Learners are told by mail",
        help_text="One plain mail with the link, when the credential can be opened. Whoever "
        "prepares a batch may choose otherwise for it.",
    )
    image_file = forms.FileField(
        required=False,
        label="Image",
        help_text="PNG, JPEG or SVG. Without one a seal is drawn from the name.",
        widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg,.svg"}),
    )
    # What was uploaded with a form that was not kept, as it stands in the page meanwhile.
    kept_image = forms.CharField(required=False, widget=forms.HiddenInput)
    is_drawn = forms.BooleanField(
        required=False,
        label="Draw the seal instead",
        help_text="Leaves out the image that was uploaded before.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("is_supervised", "identity_checked"):
            cast(forms.NullBooleanSelect, self.fields[name].widget).choices = _YES_OR_NO
        for name in ("name", "description", "criteria", "renewal", "note", "image_alternative"):
            self.fields[name].widget.attrs["dir"] = "auto"

    def clean_image_file(self) -> str:
        """The picture as SVG text, written anew; nothing if none was uploaded."""
        file = self.cleaned_data["image_file"]
        if file is None:
            return ""
        if file.size > images.MAX_BYTES:
            raise ValidationError("The picture has more than 2 MB. Save it smaller.")
        try:
            return images.read(file.read())
        except UnsoundImage as unsound:
            raise ValidationError(str(unsound)) from unsound

    def clean_kept_image(self) -> str:
        """The picture of an earlier try; only what was written anew then and signed is taken."""
        try:
            return signing.loads(self.cleaned_data["kept_image"], salt=_KEPT)
        except signing.BadSignature:
            return ""

    @property
    def image_to_keep(self) -> str:
        """The picture that was sent with a form that is shown again; blank for none."""
        said = getattr(self, "cleaned_data", {})
        return said.get("image_file") or said.get("kept_image") or ""

    @property
    def signed_image(self) -> str:
        """The same, to go along with the form."""
        return signing.dumps(self.image_to_keep, salt=_KEPT, compress=True)

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields that belong together, each group under its heading."""
        return [
            (heading, [self[name] for name in names if name in self.fields])
            for heading, names in GROUPS
        ]

    def clean_achievement_type(self) -> str:
        """Without one it is that which goes with the kind."""
        return self.cleaned_data["achievement_type"] or _type_of(self.cleaned_data.get("kind", ""))

    def clean_rule(self) -> Any:
        """Every fault of the rule at once, each with its place."""
        data = self.cleaned_data["rule"]
        if data is None:
            return None
        try:
            rules.parse(data)
        except rules.InvalidRule as error:
            raise ValidationError(
                [
                    f"At {problem.pointer or 'the top'}: {problem.reason} {problem.fix}"
                    for problem in error.problems
                ]
            ) from error
        return data

    def chosen_skills(self) -> list[int]:
        """The keys of the skills that are ticked."""
        if not self.is_bound:
            return self.initial.get("skills", [])
        return _keys(cast(QueryDict, self.data).getlist("skills"))

    def chosen_levels(self) -> dict[int, str]:
        """How far each of them is shown, where that was chosen."""
        if not self.is_bound:
            return self.initial.get("levels", {})
        said = {key: self.data.get(f"level-{key}", "") for key in self.chosen_skills()}
        return {key: level for key, level in said.items() if level in RevisionSkill.Level.values}

    def values(self) -> dict[str, Any]:
        """What the service asks for."""
        said = dict(self.cleaned_data)
        uploaded, kept = said.pop("image_file"), said.pop("kept_image")
        image = uploaded or kept
        is_drawn = said.pop("is_drawn", False)
        if image or is_drawn:
            said["image"] = "" if is_drawn else image
        return said | {
            "skills": Skill.objects.current().filter(pk__in=self.chosen_skills()),
            "levels": self.chosen_levels(),
        }


class NewTemplateForm(DraftForm):
    """The first revision of a new template, with what belongs to the template itself."""

    slug = forms.SlugField(
        max_length=100,
        required=False,
        label="Short name",
        help_text="For addresses and commands, such as data-foundations. It stays. Left blank, it "
        "is made from the name.",
        error_messages={
            "invalid": "Use letters without accents, digits, hyphens and underscores only.",
        },
    )
    unit = forms.ModelChoiceField(
        OrganizationUnit.objects.none(), help_text="Whose credential it is.", empty_label=None
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # There is nothing to replace yet, and a rule is clicked together once there is a draft.
        del self.fields["rule"], self.fields["is_drawn"]
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = roles.reach(
            user, "registrar.draft_revision"
        )

    def clean_slug(self) -> str:
        """Each short name is used once; without one it is the name in the letters that it may have.

        The name is cleaned before it, as it stands before it.
        """
        slug = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:100]
        if not slug and "name" in self.cleaned_data:
            raise ValidationError("Write a short name, in letters from a to z and digits.")
        if CredentialTemplate.objects.filter(slug=slug).exists():
            raise ValidationError("There is a template of this short name. Choose another.")
        return slug


def form_values(revision: Revision) -> dict[str, Any]:
    """A revision as the form shows it."""
    said = {
        name: getattr(revision, name) for name in templates.WORDING if name in DraftForm.base_fields
    }
    if said["achievement_type"] == _type_of(revision.kind):
        said["achievement_type"] = ""
    return said | {
        "rule": _as_text(revision.rule),
        "skills": list(revision.skills.values_list("pk", flat=True)),
        "levels": dict(revision.attested.values_list("skill", "level")),
    }


def _type_of(kind: str) -> str:
    """The type in Open Badges that goes with a kind."""
    return PROPOSED_TYPES[Revision.Kind(kind)] if kind else "Achievement"


def _keys(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) < 19]


def _as_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) if data else ""
