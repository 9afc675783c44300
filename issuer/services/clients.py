"""Systems that act by a token, as the ledger and the rows name them."""

from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import User
from oauth2_provider.models import AccessToken

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


# A person who is signed in, or a system with a token.
Actor = User | Client
