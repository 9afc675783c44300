"""Systems that act by a token, as the ledger and the rows name them."""

from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import User
from oauth2_provider.models import AccessToken, Application
from oauth2_provider.scopes import get_scopes_backend

# As long as the ledger's column for who acted.
NAME_LENGTH = 200


@dataclass(frozen=True)
class Client:
    """A client of the API: its public id, and the name under which an operator added it."""

    id: str
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", (self.name or self.id)[:NAME_LENGTH])

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of(cls, token: AccessToken) -> Self:
        """The client to which a token was given."""
        return cls(id=token.application.client_id, name=token.application.name)


def is_granted(client_id: str, *scopes: str) -> bool:
    """Whether a system could ask for a token with all these scopes now."""
    application = Application.objects.filter(client_id=client_id).first()
    if application is None:
        return False
    return {*scopes} <= {*get_scopes_backend().get_available_scopes(application=application)}


# A person who is signed in, or a system with a token.
Actor = User | Client
