"""The French translations are complete and keep every placeholder."""

import re
from pathlib import Path

import polib
import pytest

ADDONS = Path(__file__).parents[2] / "addons"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]")


@pytest.mark.parametrize("addon", [folder.name for folder in sorted(ADDONS.iterdir()) if (folder / "i18n").is_dir()])
def test_every_source_string_has_its_french(addon: str) -> None:
    folder = ADDONS / addon / "i18n"
    french = {entry.msgid: entry for entry in polib.pofile(str(folder / "fr.po"))}
    for source in polib.pofile(str(folder / f"{addon}.pot")):
        translated = french.get(source.msgid)
        assert translated is not None, f"{source.msgid!r} is not in fr.po"
        assert translated.msgstr.strip(), f"{source.msgid!r} has no French"
        assert "fuzzy" not in translated.flags, f"{source.msgid!r} is marked fuzzy"
        wanted, found = sorted(PLACEHOLDER.findall(source.msgid)), sorted(PLACEHOLDER.findall(translated.msgstr))
        assert wanted == found, f"{source.msgid!r}: placeholders {found}, not {wanted}"
