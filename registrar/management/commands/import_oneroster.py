"""Import a roster under the name that scripts know: `import_roster`."""

from registrar.management.commands.import_roster import Command

__all__ = ["Command"]
