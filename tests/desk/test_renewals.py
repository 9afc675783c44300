"""What ends soon, at the desk: listed, renewed in one act; the college settles the reminders."""

from datetime import timedelta

import pgtrigger
import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from config import waiting
from issuer.models import Batch, Credential
from issuer.pages import thing_url
from registrar.models import Award, Learner, ReminderPolicy
from registrar.services.awarding import reminders
from tests.cast import College, member_of_staff
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


def test_what_ends_soon_is_listed_at_home_and_renewed(
    college: College,
    adas_yearly: Award,
    ada: Learner,
    root: User,
    clara: User,
    dev: User,
    signed_in: SignIn,
) -> None:
    address = reverse("admin:registrar_award_ending")
    client = signed_in(clara)
    assert "Nothing ends so soon" in text(client.get(address))
    with pgtrigger.ignore():
        Credential.objects.update(valid_until=timezone.now() + timedelta(days=20))
    (task,) = (each for each in waiting.tasks(clara) if "ends" in each.what)
    assert (task.what, task.url) == (
        "credential ends within 90 days, 1 within 30, 0 within 7",
        address,
    )
    reminders.remind_some()
    page = text(client.get(address))
    assert "Ada Byron" in page and "30 days before" in page and "Not earned again" in page
    assert "Ada Byron" not in text(client.get(address, {"within": "7"}))
    csv = text(client.get(reverse("admin:registrar_award_ending_csv")))
    assert csv.splitlines()[1].startswith("Cells,1001,Ada Byron,1001@college.example,")
    assert client.post(address, {"act": "rule"}).status_code == 422
    everybody = {"everybody": "yes"}
    refused = client.post(address, everybody | {"act": "rule"})
    assert refused.status_code == 409 and "is not earned" in text(refused)
    assert client.post(address, everybody | {"act": "hand"}).status_code == 422
    chosen = {"chosen": [adas_yearly.pk], "act": "hand", "reason": "Twelve hours of training."}
    assert signed_in(dev).post(address, chosen).status_code == 403
    other = member_of_staff(root, "olga", "registrar", college.arts)
    page = signed_in(other).get(address)
    assert "Ada Byron" in text(page) and 'name="chosen"' not in page.content.decode()
    assert signed_in(other).post(address, everybody | {"act": "hand"}).status_code == 422
    answer = client.post(address, chosen)
    assert answer["Location"] == thing_url(Batch.objects.get(state="prepared"))
    page = client.get(address).content.decode()
    assert "Renewal prepared" in page and 'name="chosen"' not in page
    hers = text(client.get(thing_url(ada)))
    assert "renews the award of" in hers and ">renewed<" in hers
    assert "Renewed by" in text(client.get(thing_url(adas_yearly)))


def test_the_college_sets_when_learners_are_reminded(clara: User, signed_in: SignIn) -> None:
    client = signed_in(clara)
    settle = reverse("admin:registrar_reminderpolicy_settle")
    assert "90, 30, 7" in text(client.get(settle))
    wrong = client.post(settle, {"stages": "soon", "reason": "So."})
    assert "Write numbers of days" in text(wrong)
    assert client.post(settle, {"stages": "9999", "reason": "So."}).status_code == 409
    said = {"stages": "14, 60", "tells_learners": "on", "reason": "Two are enough."}
    assert client.post(settle, said).status_code == 302
    assert (ReminderPolicy.objects.get().stages, reminders.current().tells_learners) == (
        [60, 14],
        True,
    )
    assert "60, 14" in text(client.get(reverse("admin:registrar_reminderpolicy_changelist")))
