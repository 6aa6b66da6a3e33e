"""The archive: a zip whose bytes are the same for the same core, and the reading of one that may be anything."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import IO

from bizoverbiz.evidence.contents import Core, EvidenceError, core_files, manifest, renderings, views

MANIFEST = "manifest.json"
#: What a pack may unpack to, and how many files it may hold: a notice of 100,000 lines has 200 MB.
_LARGEST, _MOST = 2**30, 1000


def write(core: Core) -> bytes:
    """The pack as a zip archive."""
    files = core_files(core) | views(core) | renderings(core)
    return archive(files | {MANIFEST: manifest(files)})


def archive(files: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            # No clock and no machine in it: every field that could tell of them is set.
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            packed.writestr(info, files[name])
    return out.getvalue()


def unpack(file: IO[bytes]) -> dict[str, bytes]:
    """The files of an archive, in memory only. Raises `EvidenceError` for what is no pack."""
    try:
        with zipfile.ZipFile(file) as packed:
            entries = packed.infolist()
            if len(entries) > _MOST or sum(entry.file_size for entry in entries) > _LARGEST:
                raise EvidenceError("this archive is larger than any evidence pack")
            if len({entry.filename for entry in entries}) != len(entries):
                raise EvidenceError("this archive holds two files of one name")
            return {entry.filename: packed.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, RuntimeError, EOFError) as error:
        raise EvidenceError(f"this is not a whole zip archive: {error}") from None
    except NotImplementedError as error:
        raise EvidenceError(f"this archive is packed in another way than evidence packs: {error}") from None
