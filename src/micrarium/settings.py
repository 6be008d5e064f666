"""Every setting, in one class; each can be set as an environment variable ``MICRARIUM_NAME``.

What the environment does not say may stand in ``micrarium.toml`` in the data folder, a line for each: ``name = value``.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from micrarium.errors import InvalidInput

SETTINGS_FILE = "micrarium.toml"


class _File(PydanticBaseSettingsSource):
    """The settings file of the data folder, which other sources name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  # as the base asks
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        return read_file(Path(self.current_state.get("data") or Settings.model_fields["data"].default))


def read_file(data: Path) -> dict[str, Any]:
    """What the settings file of a data folder says, nothing where there is none. Raises ``InvalidInput`` naming what is wrong."""
    path = data / SETTINGS_FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from None
    known = Settings.model_fields.keys() - {"data"}
    if unknown := sorted(found.keys() - known):
        raise InvalidInput(f"{path} has no setting {unknown[0]!r}; known are {', '.join(sorted(known))}", field=unknown[0])
    return found


class Settings(BaseSettings):
    """What can be set about a server."""

    model_config = SettingsConfigDict(env_prefix="MICRARIUM_", extra="ignore")
    _given: frozenset[str] = PrivateAttr(default=frozenset())

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
    prefer_readers: list[str] = Field(default_factory=list, description="Readers to try first, by name.")

    log_format: Literal["text", "json"] = Field("text", description="How the log is written: lines for people, or JSON.")
    log_level: Literal["debug", "info", "warning", "error"] | None = Field(
        None, description="What the log tells; from `info` on every request. `info` for JSON, `warning` for text when not set."
    )
    metrics_token: SecretStr | None = Field(
        None, description="Who sends it as a bearer token may read `/metrics`; else this machine and administrators only."
    )
    min_free_mb: int = Field(500, description="With less room than this in the data folder the server is not ready, in megabytes.")
    smtp_url: SecretStr | None = Field(
        None, description="The mail server: `smtp://user:password@host:587` (with STARTTLS where it offers it) or `smtps://...`."
    )
    mail_from: str | None = Field(None, description="The address that mail comes from.")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._given = frozenset(given)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # as the base asks
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was given, then the environment, then the file."""
        return init_settings, env_settings, _File(settings_cls)

    @property
    def given(self) -> frozenset[str]:
        """The names of what was given on the command line."""
        return self._given

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'micrarium.db'}"
