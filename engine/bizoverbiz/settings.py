"""What the operator sets in the environment, or in files named like the variables in the folder BIZOVERBIZ_SECRETS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import limits
from pydantic import AfterValidator, AnyHttpUrl, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bizoverbiz.errors import MisconfiguredError


def _rates(text: str) -> str:
    if not limits.parse_many(text):
        raise ValueError("no rate, such as 300/minute")
    return text


#: Such as "10/minute; 60/hour": all of them hold.
Rates = Annotated[str, AfterValidator(_rates)]


class Settings(BaseSettings):
    """Read once at start; every part gets what it needs as an argument."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    #: libpq address of the engine's own database, never one of Odoo's.
    database_url: str = Field(validation_alias="DATABASE_URL")
    #: The address members use; it is part of what they sign (`@target-uri`).
    public_url: AnyHttpUrl = Field(AnyHttpUrl("http://127.0.0.1:8070"), validation_alias="BIZOVERBIZ_PUBLIC_URL")
    #: The most connections to the database that one process opens; the server's `max_connections` is for all of them.
    connections: int = Field(40, ge=2, le=500, validation_alias="BIZOVERBIZ_CONNECTIONS")
    #: Seconds without a worker's look after which the engine is not ready; above the longest step.
    worker_silence: int = Field(300, ge=5, validation_alias="BIZOVERBIZ_WORKER_SILENCE")
    #: How many requests a member may make to read, to write, and to search the directory, and an address to
    #: join: `limits`' notation.
    limit_reads: Rates = Field("1200/minute", validation_alias="BIZOVERBIZ_LIMIT_READS")
    limit_writes: Rates = Field("300/minute", validation_alias="BIZOVERBIZ_LIMIT_WRITES")
    limit_joining: Rates = Field("10/minute; 60/hour", validation_alias="BIZOVERBIZ_LIMIT_JOINING")
    limit_searches: Rates = Field("60/minute; 2000/day", validation_alias="BIZOVERBIZ_LIMIT_SEARCHES")
    #: PKCS #8 PEM file of the Ed25519 key that signs notices, mode 0600.
    signing_key: Path | None = Field(None, validation_alias="BIZOVERBIZ_SIGNING_KEY")

    @property
    def base_url(self) -> str:
        return str(self.public_url).rstrip("/")

    def signing_key_path(self) -> Path:
        if self.signing_key is None:
            raise MisconfiguredError("BIZOVERBIZ_SIGNING_KEY is not set: name the file of the engine's signing key")
        return self.signing_key


def load_settings() -> Settings:
    try:
        return Settings(_secrets_dir=os.environ.get("BIZOVERBIZ_SECRETS") or None)  # type: ignore[call-arg]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise MisconfiguredError(f"environment variable {name}: {first['msg']}: set it and start again") from None
