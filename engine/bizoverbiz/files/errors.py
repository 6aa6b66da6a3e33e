"""What can be wrong with a file of obligations."""

from __future__ import annotations

from bizoverbiz.errors import BizoverbizError, WrongInputError


class FileError(WrongInputError):
    """A file that cannot be read; the message names the place, the reason and the way out."""

    def __init__(
        self,
        file: str,
        reason: str,
        way_out: str,
        *,
        line: int | None = None,
        column: str | None = None,
        unit: str = "line",
    ) -> None:
        #: The file as it was given.
        self.file = file
        self.reason = reason
        self.way_out = way_out
        #: As an editor numbers lines, from 1; in a Parquet file the number of the row.
        self.line = line
        #: The column's name in this program's words, whatever the file calls it.
        self.column = column
        place = [file]
        if line is not None:
            place.append(f"{unit} {line:,}")
        if column is not None:
            place.append(f"column {column}")
        super().__init__(f"{', '.join(place)}: {reason}; {way_out}")


class CellError(BizoverbizError):
    """A value that means nothing here; whoever knows the place makes a FileError of it."""

    def __init__(self, reason: str, way_out: str) -> None:
        self.reason = reason
        self.way_out = way_out
        super().__init__(f"{reason}; {way_out}")


def quote(text: str, longest: int = 40) -> str:
    """Text from a file as a message may show it: short, and without characters that move a terminal's cursor."""
    return repr(text if len(text) <= longest else text[: longest - 1] + "…")
