"""What can keep a reader from reading at all."""


class Unreadable(Exception):
    """The file cannot be read."""

    code = "unreadable"

    def __init__(
        self, code: str, reason: str, fix: str, *, row: int | None = None, pointer: str = ""
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.fix = fix
        self.row = row
        self.pointer = pointer
