"""Every setting, in one class; each can be set as an environment variable ``MICRARIUM_NAME``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split(value: Any) -> Any:
    """A list from a text with commas, or from JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip().rstrip("/") for part in value.split(",") if part.strip()]


#: Origins of pages: a scheme and a host, or ``*``.
Origins = Annotated[list[Annotated[str, Field(pattern=r"^(\*|https?://[^/\s]+)$")]], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """What can be set about a server."""

    model_config = SettingsConfigDict(env_prefix="MICRARIUM_", extra="ignore")

    data: Path = Field(Path("micrarium-data"), description="The folder that holds the database, originals and derived pixels.")
    database_url: str | None = Field(
        None, description="`postgresql://...` for a site; a SQLite file in the data folder when not set."
    )
    host: str = Field("127.0.0.1", description="The address the server listens on.")
    port: int = Field(4080, description="The port the server listens on.")
    public_url: str | None = Field(
        None, description="The address people use, where it differs from host and port (behind a proxy)."
    )
    admin_password: SecretStr | None = Field(
        None, description="The password of `admin` at the first start; made at random when not set."
    )
    session_hours: float = Field(24 * 7, description="How long a browser stays signed in without being used, in hours.")
    job_workers: int = Field(2, description="How many jobs run at once.")
    chunk_cache_mb: int = Field(256, description="Memory for encoded chunks of live OME-Zarr, in megabytes.")
    open_files: int = Field(64, description="How many image files are kept open between requests.")
    upload_piece_mb: int = Field(64, description="The largest piece of an upload, in megabytes.")
    max_upload_gb: float | None = Field(
        None, gt=0, description="The most that one upload may hold, in gigabytes; no limit when not set."
    )
    max_body_mb: int = Field(
        16, ge=1, description="The largest body of any other request, in megabytes; a larger one is answered 413."
    )
    rate_limit: int | None = Field(
        None,
        ge=1,
        description="How many requests a minute each person, or each address without a sign-in, may send; no limit when not set.",
    )
    rate_limit_pictures: int | None = Field(
        None,
        ge=1,
        description="The same for pictures and chunks that people who are signed in look at, which `rate_limit` leaves alone.",
    )
    cors_origins: Origins = Field(
        default_factory=list,
        description="Sites whose pages may use the API, with commas between: `https://lab.example.org`. None by default.",
    )
    zarr_origins: Origins = Field(
        default_factory=lambda: ["*"],
        description="The same for live OME-Zarr. By default every page may ask: it sees what the token in the address may see.",
    )
    frame_ancestors: str = Field(
        "'self'",
        pattern=r"^[^;,\r\n]+$",
        description="The sites that may show Micrarium in a frame, as in a Content-Security-Policy.",
    )
    webhook_private: bool = Field(
        False, description="Whether webhooks may go to loopback and private addresses, as inside of an institute's network."
    )
    prefer_readers: list[str] = Field(default_factory=list, description="Readers to try first, by name.")

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'micrarium.db'}"
