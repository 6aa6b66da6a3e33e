"""Processes of the demonstration: started on loopback, watched, and ended by a later call if need be."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.progress import PatienceError, wait_for

#: By process id: the ended ones are reaped whoever asks, the others outlive the object that started them.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


#: The state of a listening socket in /proc/net/tcp.
_LISTEN = "0A"


class ProcessDiedError(Exception):
    """A part ended by itself; the message has the tail of its log."""


def free_port(preferred: int) -> int:
    """`preferred` on 127.0.0.1 if nobody has it, any free one otherwise."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


class Processes:
    """The processes whose records lie in `folder`/run, whoever started them; their logs lie in `folder`/log."""

    def __init__(self, folder: Path) -> None:
        self.logs, self._records = folder / "log", folder / "run"
        for path in (self.logs, self._records):
            path.mkdir(parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> None:
        """Starts it in a session of its own, so that it outlives this one and no Ctrl-C reaches it."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                command, cwd=cwd, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        _CHILDREN[process.pid] = process
        record = {"pid": process.pid, "started": _started(process.pid)}
        (self._records / f"{name}.json").write_text(json.dumps(record))

    def wait_until(self, name: str, what: str, probe: Callable[[], bool], seconds: float) -> None:
        """Raises ProcessDiedError or PatienceError, both with the log's tail."""

        def alive() -> bool:
            if self._pid(name) is None:
                raise ProcessDiedError(f"{name} ended{self._status(name)}; {self.tail(name)}")
            return probe()

        try:
            wait_for(f"{name}: {what}", alive, seconds)
        except PatienceError as error:
            raise PatienceError(f"{error}; {self.tail(name)}") from None

    def listens(self, name: str, port: int) -> bool:
        """Whether it is this very process that answers on the port, and no other that was quicker."""
        sockets = {
            f"socket:[{row[9]}]"
            for row in (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
            if row[1] == f"0100007F:{port:04X}" and row[3] == _LISTEN
        }
        try:
            return any(str(link.readlink()) in sockets for link in Path(f"/proc/{self._pid(name)}/fd").iterdir())
        except OSError:
            return False

    def tail(self, name: str, lines: int = 15) -> str:
        log = self.log(name)
        text = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
        return "\n".join([f"the end of {log}:", *text])

    def running(self) -> list[str]:
        return sorted(path.stem for path in self._records.glob("*.json") if self._pid(path.stem))

    def stop(self, name: str, seconds: float = 20) -> bool:
        """Ends it, gently and then not; False if there was nothing to end. A reused process id is left alone."""
        pid = self._pid(name)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + seconds
            while self._pid(name) and time.monotonic() < deadline:
                time.sleep(0.1)
            if self._pid(name):
                os.killpg(pid, signal.SIGKILL)
                wait_for(f"the end of {name} (process {pid})", lambda: not self._pid(name), 10, every=0.05)
        (self._records / f"{name}.json").unlink(missing_ok=True)
        return pid is not None

    def stop_all(self) -> list[str]:
        return [name for name in sorted(path.stem for path in self._records.glob("*.json")) if self.stop(name)]

    def _pid(self, name: str) -> int | None:
        """The recorded process if it still runs: same id and same start, so surely the same process."""
        record = self._record(name)
        if record.get("pid") in _CHILDREN and _CHILDREN[record["pid"]].poll() is not None:
            return None
        return record["pid"] if record and _started(record["pid"]) == record["started"] else None

    def _status(self, name: str) -> str:
        child = _CHILDREN.get(self._record(name).get("pid"))
        return f" with status {child.returncode}" if child else ""

    def _record(self, name: str) -> dict[str, Any]:
        try:
            record = json.loads((self._records / f"{name}.json").read_text())
            return {"pid": int(record["pid"]), "started": record["started"]}
        except (FileNotFoundError, ValueError, KeyError):
            return {}


def _started(pid: int) -> str | None:
    """When the process started, in clock ticks since boot, with the boot's id; None if it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return None if fields[0] == "Z" else f"{boot}/{fields[19]}"
