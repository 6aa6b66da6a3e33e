"""The private folder in which a member keeps what must not be lost."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from bizoverbiz.client.errors import ClientError
from bizoverbiz.client.keys import sync_folder, write_private

_ENVIRONMENT = "BIZOVERBIZ_MEMBER_HOME"


class Membership(BaseModel):
    """What a member knows of its membership.

    NOTE: kept for years, so this may only grow, and every new field needs a default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: The engine's address, and the network's name.
    url: str
    network: str
    #: The engine's public keys (JWK) that the invitation vouched for.
    keys: list[dict[str, str]]
    #: The member's uuid, its identifier and name.
    member: str
    identifier: str
    name: str
    #: Stands for the books this folder belongs to.
    database: str
    #: Numbers of the notices that were booked and acknowledged.
    booked: list[int] = []
    #: Tokens of the lineage of these books: the one confirmed last, and the one sent and not confirmed yet.
    lineage: str | None = None
    lineage_sent: str | None = None

    @property
    def last_booked(self) -> int:
        """Number of the last notice up to which the books contain all of them."""
        number, booked = 0, set(self.booked)
        while number + 1 in booked:
            number += 1
        return number


class Unsent(BaseModel):
    """A write that has not been answered yet; repeating it with the same key never does it twice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: What it is, for people.
    what: str
    method: str
    path: str
    body: str
    idempotency_key: str
    #: Number of the notice that counts as booked once this is answered.
    books: int | None = None


class Home:
    """The folder; nothing in it is ever half written."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()
        self.key = self.folder / "key.pem"
        #: A key that the engine may or may not know yet.
        self.new_key = self.folder / "key-new.pem"
        self._membership = self.folder / "membership.json"
        self._joining = self.folder / "joining.json"
        self._unsent = self.folder / "unsent"
        self._notices = self.folder / "notices"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time works on a folder. Raises `ClientError`."""
        try:
            for folder in (self.folder, self._unsent, self._notices):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ClientError(f"the folder {self.folder} cannot be used: {error.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise ClientError(f"another command is working in {self.folder}: wait until it has ended") from None
        finally:
            os.close(descriptor)

    def membership(self) -> Membership:
        """Raises `ClientError` before joining."""
        try:
            return Membership.model_validate_json(self._membership.read_bytes())
        except FileNotFoundError:
            raise ClientError(
                f"no membership is kept in {self.folder}: run `bizoverbiz member join`, or name the folder with --home"
            ) from None
        except (OSError, ValidationError) as error:
            raise ClientError(
                f"{self._membership} cannot be read: restore it from a backup ({_first(error)})"
            ) from None

    def is_joined(self) -> bool:
        return self._membership.exists()

    def keep_membership(self, membership: Membership) -> None:
        write_private(self._membership, (membership.model_dump_json(indent=2) + "\n").encode())

    def joining(self) -> dict[str, Any] | None:
        """The request to join that has not been answered yet."""
        try:
            found: dict[str, Any] = json.loads(self._joining.read_bytes())
        except FileNotFoundError:
            return None
        return found

    def keep_joining(self, request: dict[str, Any]) -> None:
        write_private(self._joining, json.dumps(request).encode())

    def joined(self, membership: Membership) -> None:
        """The engine knows the new key: it is the key from now on."""
        self.promote_key()
        self.keep_membership(membership)
        self._joining.unlink(missing_ok=True)

    def promote_key(self) -> None:
        if self.new_key.exists():
            self.new_key.replace(self.key)
            sync_folder(self.folder)

    def unsent(self) -> list[tuple[Path, Unsent]]:
        """In the order in which they were asked for. Raises `ClientError`."""
        found = []
        for path in sorted(self._unsent.glob("*.json")):
            try:
                found.append((path, Unsent.model_validate_json(path.read_bytes())))
            except (OSError, ValidationError) as error:
                raise ClientError(f"{path} cannot be read: move it away ({_first(error)})") from None
        return found

    def keep_unsent(self, request: Unsent) -> Path:
        last = max((int(path.stem) for path, _ in self.unsent()), default=0)
        path = self._unsent / f"{last + 1:06}.json"
        write_private(path, request.model_dump_json().encode())
        return path

    def notices(self) -> dict[int, str]:
        """The kept notices, compact JWS by number, verbatim."""
        return {int(path.stem): path.read_text("ascii") for path in sorted(self._notices.glob("*.jws"))}

    def keep_notice(self, number: int, jws: str) -> None:
        write_private(self._notices / f"{number:06}.jws", jws.encode("ascii"))


def default_folder() -> Path:
    """The folder of XDG's base directory specification, unless the environment names another."""
    if named := os.environ.get(_ENVIRONMENT):
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "bizoverbiz" / "member"


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
