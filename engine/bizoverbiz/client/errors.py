"""How a call to the engine can fail: no answer, or a refusal."""

from __future__ import annotations

from typing import Any

from bizoverbiz.errors import BizoverbizError


class ClientError(BizoverbizError):
    """Something on this side is missing or wrong."""


class NoAnswerError(BizoverbizError):
    """It is unknown whether the engine did what was asked: asking again with the same key finds out."""


class RefusedByEngineError(BizoverbizError):
    """The engine understood and refused (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        self.slug = str(problem.get("type", "")).rpartition("/")[2]
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        super().__init__(f"the engine refused: {self.detail}")

    @property
    def is_judged(self) -> bool:
        """Whether it looked at what was asked; not so where it did not let the caller in."""
        return self.status != 401 and self.slug not in ("not-the-live-copy", "key-expired")
