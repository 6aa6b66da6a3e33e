"""The sentences of the page, in English and in French, from `wording.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bizoverbiz.errors import BizoverbizError

LANGUAGES = ("en", "fr")

#: By key and language.
SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))
)


class UnknownLanguageError(BizoverbizError):
    """A language the page is not written in."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language."""

    language: str
    sentences: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: SENTENCES, repr=False)

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise UnknownLanguageError(
                f"nothing is written in language {self.language!r}: choose one of {', '.join(LANGUAGES)}"
            )

    def __call__(self, key: str, count: int | None = None, **values: str) -> str:
        """Give a sentence with its values; of `one|many` the form that goes with the count."""
        text = self.sentences[key][self.language]
        if count is not None:
            one, many = text.split("|")
            text = one if count == 1 or (count == 0 and self.language == "fr") else many
        return text.format(**values)
