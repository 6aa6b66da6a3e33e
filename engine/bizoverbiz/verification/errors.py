"""What verification raises."""

from bizoverbiz.errors import BizoverbizError


class VerificationError(BizoverbizError):
    """A result directory that does not hold: which file, which line of it where there is one, and what is wrong."""

    def __init__(self, file: str, reason: str, *, line: int | None = None) -> None:
        super().__init__(f"{file}{'' if line is None else f', line {line}'}: {reason}")
        self.file = file
        self.reason = reason
        #: Counted from 1, the header being line 1 and every row one line.
        self.line = line
