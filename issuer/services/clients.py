"""Systems that act by a token, as the ledger and the rows name them."""

from dataclasses import dataclass

from django.contrib.auth.models import User

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


# A person who is signed in, or a system with a token.
Actor = User | Client
