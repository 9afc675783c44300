"""An application and a learner's browser, as they come to the door for learners."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.test import Client

from issuer.models import Institution, Mail
from issuer.services import outbox

OB = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/scope/"
BACK = "https://wallet.example/back"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-x"
EVERYTHING = " ".join(settings.LEARNER_SCOPES)


def metadata(**others: Any) -> dict[str, Any]:
    """How an application describes itself."""
    return {
        "client_name": "Wallet of Example",
        "client_uri": "https://wallet.example/",
        "logo_uri": "https://wallet.example/logo.png",
        "tos_uri": "https://wallet.example/terms",
        "policy_uri": "https://wallet.example/privacy",
        "software_id": "c88b6ed8-0a9b-4f3e-9f6d-4ad5a8d8a3f0",
        "software_version": "1.0",
        "redirect_uris": [BACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": EVERYTHING,
    } | others


def register(**others: Any) -> Any:
    """What is answered to an application that describes itself."""
    said = metadata(**others)
    return Client().post("/oauth/register", said, content_type="application/json")


@dataclass
class App:
    """A registered application that holds tokens."""

    id: str
    secret: str
    tokens: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def registered(cls, **others: Any) -> "App":
        answer = register(**others)
        assert answer.status_code == 201, answer.content
        return cls(answer.json()["client_id"], answer.json()["client_secret"])

    def address(self, **others: str | None) -> str:
        """Where it sends the browser of a learner."""
        challenge = hashlib.sha256(VERIFIER.encode()).digest()
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": BACK,
            "scope": EVERYTHING,
            "state": "of-the-app",
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        found = {name: value for name, value in (asked | others).items() if value is not None}
        return f"/oauth/authorize?{urlencode(found)}"

    def post(self, path: str, **form: str) -> Any:
        """What the service answers to the application itself."""
        basic = base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
        return Client().post(path, form, headers={"authorization": f"Basic {basic}"})

    def redeem(self, code: str, **others: str) -> Any:
        """Ask for a token by a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return self.post("/oauth/token", **(form | others))

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Ask with the token, below /ims/."""
        headers = {"authorization": f"Bearer {self.tokens['access_token']}"}
        options.setdefault("content_type", "application/json")
        if method == "get":
            return Client().get(f"/ims/{path}", headers=headers)
        return getattr(Client(), method)(f"/ims/{path}", body, headers=headers, **options)


def mailed_path() -> str:
    """The path of the link in the newest mail."""
    mail = Mail.objects.order_by("-written_at").first()
    assert mail is not None
    text = str(outbox.compose(mail, Institution.objects.first()).body)
    (url,) = re.findall(r"http\S+/learner/enter/\S+", text)
    return urlsplit(url).path


def sign_in(browser: Client, email: str, *, leads_to: str) -> str:
    """Follow the link that is mailed; where it leads."""
    way = browser.get(leads_to)
    assert way.status_code == 302, way.content
    asked = browser.post(way["Location"], {"email": email})
    assert asked.status_code == 200
    path = mailed_path()
    assert browser.get(path).status_code == 200
    entered = browser.post(path)
    assert entered.status_code == 302
    return str(entered["Location"])


def let_in(app: App, email: str, **asked: str | None) -> dict[str, str]:
    """Have a learner let the application in; what comes back with the browser."""
    browser = Client()
    consent = sign_in(browser, email, leads_to=app.address(**asked))
    assert browser.get(consent).status_code == 200
    answer = browser.post(consent, {"answer": "yes"})
    assert answer.status_code == 302, answer.content
    return came_back(answer)


def came_back(answer: Any) -> dict[str, str]:
    """What the browser brings to the application."""
    assert answer["Location"].startswith(f"{BACK}?")
    return {name: value for name, (value,) in parse_qs(urlsplit(answer["Location"]).query).items()}


def app_of(email: str, scope: str = EVERYTHING) -> App:
    """An application that a learner has let in."""
    app = App.registered()
    answer = app.redeem(let_in(app, email, scope=scope)["code"])
    assert answer.status_code == 200, answer.content
    app.tokens = answer.json()
    return app
