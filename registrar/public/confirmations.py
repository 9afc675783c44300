"""Somebody outside reads what they are asked about a learner, and says yes or no."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from issuer.errors import Refusal
from registrar.models import Confirmation, ConfirmedOutcome
from registrar.public.sealed import sealed
from registrar.services.marking import confirmations

MAX_COMMENT = 2000


class AnswerForm(forms.Form):
    """Yes or no for each outcome, and what else there is to say."""

    comment = forms.CharField(
        required=False,
        max_length=MAX_COMMENT,
        label="Comment",
        help_text="For the college, for example why you say no, or that you are the wrong person.",
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(self, *args: Any, rows: list[ConfirmedOutcome], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            self.fields[f"outcome-{row.pk}"] = forms.ChoiceField(
                choices=[("yes", "Yes, I confirm it"), ("no", "No, I do not")],
                label=row.statement,
                widget=forms.RadioSelect,
                error_messages={"required": "Say yes or no."},
            )

    @property
    def questions(self) -> list[forms.BoundField]:
        """The field of each outcome."""
        return [self[f"outcome-{row.pk}"] for row in self.rows]

    @property
    def answers(self) -> dict[int, bool]:
        """What was said of each outcome, by the id of its row."""
        return {row.pk: self.cleaned_data[f"outcome-{row.pk}"] == "yes" for row in self.rows}


@sealed
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what is asked and take the answer, once and in time; afterwards only that it is over."""
    found = Confirmation.objects.select_related("learner", "offering__opportunity")
    confirmation = get_object_or_404(found, pk=pk)
    if _is_over(confirmation):
        return _over(request, confirmation)
    rows = list(confirmation.outcomes.all())
    form = AnswerForm(request.POST if request.method == "POST" else None, rows=rows)
    if form.is_bound and form.is_valid():
        try:
            comment = form.cleaned_data["comment"]
            confirmations.answer(confirmation, form.answers, comment=comment)
        except Refusal:  # somebody with the same link, or the clock, was faster
            confirmation.refresh_from_db()
            return _over(request, confirmation)
        return redirect(request.path)
    page = {"confirmation": confirmation, "form": form}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "registrar/public/confirm.html", page, status=status)


def _is_over(confirmation: Confirmation) -> bool:
    is_late = confirmation.expires_at < timezone.now()
    return is_late or confirmation.state != Confirmation.State.ASKED


def _over(request: HttpRequest, confirmation: Confirmation) -> HttpResponse:
    """Nothing about the learner: whoever finds the link later learns that it was used."""
    page = {"answered_at": confirmation.answered_at, "state": confirmation.state}
    status = HTTPStatus.OK if confirmation.answered_at else HTTPStatus.GONE
    return render(request, "registrar/public/over.html", page, status=status)
