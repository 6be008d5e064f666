"""Every setting, in one class; each can be set as an environment variable ``MICRARIUM_NAME``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    public_group: str | None = Field(None, description="The group whose data everybody sees below `/public`, without an account.")
    bin_days: float | None = Field(30, ge=0, description="Days after which the bin empties itself; 0 for never.")
    job_workers: int = Field(2, description="How many jobs run at once.")
    chunk_cache_mb: int = Field(256, description="Memory for encoded chunks of live OME-Zarr, in megabytes.")
    open_files: int = Field(64, description="How many image files are kept open between requests.")
    upload_piece_mb: int = Field(64, description="The largest piece of an upload, in megabytes.")
    prefer_readers: list[str] = Field(default_factory=list, description="Readers to try first, by name.")

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'micrarium.db'}"
