"""One run of the whole demonstration, in a folder of its own, for all tests of the round trip."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from demo.run import run
from demo.stack import Stack


@pytest.fixture(scope="module")
def demo():
    # A developer's own folder keeps the templates, which take half of the time.
    kept = os.environ.get("BIZOVERBIZ_E2E_FOLDER")
    # Not pytest's tmp_path: PostgreSQL started by root may run as somebody who cannot enter that.
    folder = Path(kept or tempfile.mkdtemp(prefix="bizoverbiz-e2e-")).resolve()
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    try:
        yield run(folder)
    except BaseException:
        for log in sorted(folder.glob("log/*.log")):
            print(f"--- the end of {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-30:]))
        raise
    finally:
        Stack.stop(folder)
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
