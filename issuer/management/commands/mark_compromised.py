"""Mark a signing key as compromised; to be run when somebody else may have its private part."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from issuer.errors import Refusal
from issuer.models import SigningKey, VerifiableCredential
from issuer.services import keys


class Command(BaseCommand):
    """Asks before it acts: there is no way back."""

    help = (
        "Mark a signing key as compromised, for good: everything that the key has signed, "
        "credentials and status lists, is invalid from now on, for whoever reads the DID "
        "document. Run create_key afterwards if it was the key that signs. It takes the "
        "database role of the signer or of the owner; to name a person with --by, the owner's."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which key, why, and in whose name."""
        parser.add_argument("key", help="its handle, or its verification method")
        parser.add_argument("--reason", required=True, help="why; it is kept in the ledger")
        parser.add_argument(
            "--by",
            metavar="USERNAME",
            help="the operator or administrator whose act it is; default: the system's",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    def handle(self, *args: Any, **options: Any) -> None:
        key = _key(options["key"])
        by = _operator(options["by"]) if options["by"] else "system"
        if not options["yes"]:
            self._confirm(key)
        try:
            keys.mark_compromised(key, by=by, reason=options["reason"])
        except Refusal as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{key.verification_method} is compromised: nothing it signed is valid.")

    def _confirm(self, key: SigningKey) -> None:
        count = VerifiableCredential.objects.filter(key=key).count()
        self.stdout.write(f"{key.handle} is {key.state}; {count:,} credentials are under it.")
        self.stdout.write("All of them become invalid, and this cannot be taken back.")
        self.stdout.write("Type the handle of the key to go on: ", ending="")
        self.stdout.flush()
        try:
            typed = input()
        except EOFError:
            typed = ""
        if typed.strip() != key.handle:
            raise CommandError("That is not its handle, so nothing was changed.")


def _key(name: str) -> SigningKey:
    _, _, multibase = name.rpartition("#")
    found = SigningKey.objects.filter(Q(handle=name) | Q(public_multibase=multibase)).first()
    if found is None:
        raise CommandError(f"There is no key {name}. The desk lists the keys and their handles.")
    return found


def _operator(username: str) -> User:
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise CommandError(f"There is nobody with the user name {username}.")
    if not person.has_perm("issuer.change_signingkey"):
        raise CommandError(f"{username} may not mark a key: an operator or administrator may.")
    return person
