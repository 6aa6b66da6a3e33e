"""In which languages and forms a notice is rendered, for the command line."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    FR = "fr"
    EN = "en"


class Format(StrEnum):
    PDF = "pdf"
    TEXT = "text"
