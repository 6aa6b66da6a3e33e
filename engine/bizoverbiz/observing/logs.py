"""Structured logs on stderr: JSON, one object a line, or coloured for a terminal."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Literal

import psycopg2
import structlog
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from structlog.typing import EventDict, Processor, WrappedLogger

from bizoverbiz.errors import MisconfiguredError


class _Choice(BaseSettings):
    model_config = SettingsConfigDict(env_ignore_empty=True)

    log: Literal["json", "console"] = Field("json", validation_alias="BIZOVERBIZ_LOG")


def without_messages(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Tell an exception by its type and where it was raised, never by its message.

    The database's messages quote rows ("Failing row contains …"), others quote what they were given.
    """
    found = event.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = " < ".join(_told(error))
    return event


def _told(error: BaseException) -> list[str]:
    """The exception and what caused it, each with its frames, innermost first."""
    told, seen = [], error
    for _ in range(5):
        frames = traceback.extract_tb(seen.__traceback__)[-12:]
        places = " ".join(f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in reversed(frames))
        sqlstate = f" {seen.pgcode}" if isinstance(seen, psycopg2.Error) and seen.pgcode else ""
        told.append(f"{type(seen).__name__}{sqlstate} at {places}")
        if (cause := seen.__cause__ or seen.__context__) is None:
            break
        seen = cause
    return told


def configure() -> None:
    """Set up this process's own logs as `BIZOVERBIZ_LOG` says. Raises `MisconfiguredError`."""
    processors: list[Processor] = [structlog.contextvars.merge_contextvars, *_common(), _renderer()]
    structlog.configure(processors=processors, logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def adopt_libraries() -> None:
    """Let what libraries log, and Python's warnings, come out the same way; for a process that serves or works."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_common(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, without_messages, _renderer()],
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    for name in ("uvicorn", "uvicorn.error", "alembic"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.WARNING)


def _common() -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_messages,
    ]


def _renderer() -> Processor:
    try:
        choice = _Choice().log  # type: ignore[call-arg]
    except ValidationError:
        raise MisconfiguredError("BIZOVERBIZ_LOG has to be json or console: set it, or leave it out for json") from None
    if choice == "console":
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(ensure_ascii=False)
