"""Asking an LDAP directory whether somebody's password is right, and what it knows of them."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from micrarium.actions.linking_accounts import Outsider
from micrarium.errors import InvalidInput, MicrariumError, NotSignedIn, Unavailable
from micrarium.settings import Settings

if TYPE_CHECKING:
    from ldap3 import Connection

TIMEOUT_S = 10
_ATTRIBUTES = {
    "username": "uid", "first_name": "givenName", "last_name": "sn", "email": "mail", "subject": "entryUUID", "group": "cn",
}  # fmt: skip


def ask_directory(settings: Settings, username: str, password: str) -> Outsider:
    """Who somebody is in the directory, once it has accepted their password.

    Raises ``NotSignedIn`` without saying which of name and password was wrong, ``Unavailable`` when the directory does
    not answer or does not let us search.
    """
    # Without a password a directory "binds" anybody as nobody, and says that it went well (RFC 4513, 5.1.2).
    if not password or "\x00" in password or not username.strip():
        raise NotSignedIn("The user name or the password is wrong")
    with _told_plainly(settings), _searching(settings) as searching:
        entry = _find_person(settings, searching, username)
        if entry is None or not _is_right(settings, entry["dn"], password):
            raise NotSignedIn("The user name or the password is wrong")
        groups = _find_groups(settings, searching, entry["dn"], username)
        return _describe(settings, entry, username, groups)


def check_directory(settings: Settings) -> None:
    """Nothing when the directory answers, lets this server search and understands how people are found; else as above."""
    with _told_plainly(settings), _searching(settings) as searching:
        _find_person(settings, searching, "nobody-is-called-this")


@contextmanager
def _told_plainly(settings: Settings) -> Iterator[None]:
    """Whatever the library raises, as one of our own errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the library uses old names of its decoder's
        from ldap3.core.exceptions import LDAPException, LDAPInvalidFilterError
    try:
        yield
    except MicrariumError:
        raise
    except LDAPInvalidFilterError as error:
        raise InvalidInput(f"MICRARIUM_LDAP_USER_FILTER or _GROUP_FILTER is no filter: {error}") from error
    except (LDAPException, OSError) as error:
        raise Unavailable(
            f"The directory {settings.ldap_url} cannot be asked now ({type(error).__name__}); try again later"
        ) from error


def _connect(settings: Settings, dn: str | None, password: str | None) -> Connection:
    """A connection that has not said yet who it is."""
    import ldap3

    tls = None
    if settings.ldap_start_tls or (settings.ldap_url or "").startswith("ldaps:"):
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED)
        tls.wrap_socket = partial(_encrypt, settings)  # the library's own compares names by a way Python gave up
    server = ldap3.Server(settings.ldap_url, tls=tls, connect_timeout=TIMEOUT_S, get_info=ldap3.NONE)
    # With names and attributes checked against no schema, the directory is asked as it was set.
    options: dict[str, Any] = {"receive_timeout": TIMEOUT_S, "check_names": False, "raise_exceptions": False, "read_only": True}
    connection = ldap3.Connection(server, user=dn, password=password, **options)
    try:
        connection.open()
        if settings.ldap_start_tls:
            connection.start_tls()
    except BaseException:
        if connection.socket is not None:
            connection.socket.close()  # the library leaves it open
        raise
    return connection


def _encrypt(settings: Settings, connection: Connection, do_handshake: bool = True) -> None:  # noqa: ARG001  # as it is called
    """Put TLS over a connection whose certificate is vouched for and names the host."""
    context = ssl.create_default_context(cafile=settings.ldap_ca_file)
    connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)


@contextmanager
def _searching(settings: Settings) -> Iterator[Connection]:
    """A connection that may search, as the settings name it."""
    secret = settings.ldap_bind_password.get_secret_value() if settings.ldap_bind_password else None
    connection = _connect(settings, settings.ldap_bind_dn, secret)
    try:
        if not connection.bind():
            raise Unavailable("The directory does not let this server search; its administrator checks MICRARIUM_LDAP_BIND_DN")
        yield connection
    finally:
        connection.unbind()


def _is_right(settings: Settings, dn: str, password: str) -> bool:
    connection = _connect(settings, dn, password)
    try:
        return bool(connection.bind())
    finally:
        connection.unbind()


def _attribute(settings: Settings, name: str) -> str:
    return settings.ldap_attributes.get(name, _ATTRIBUTES[name])


def _fill(pattern: str, **values: str) -> str:
    """A filter with values in it, none of which can be read as part of the filter."""
    from ldap3.utils.conv import escape_filter_chars

    for name, value in values.items():
        pattern = pattern.replace("{" + name + "}", escape_filter_chars(value))
    return pattern


def _find(settings: Settings, connection: Connection, base: str, filter_: str, names: list[str]) -> list[dict[str, Any]]:
    if not connection.search(base, filter_, attributes=names) and connection.result["result"] not in (0, 32):
        raise Unavailable(f"The directory {settings.ldap_url} refused a search: {connection.result['description']}")
    return [found for found in connection.response or () if found.get("type") == "searchResEntry"]


def _find_person(settings: Settings, connection: Connection, username: str) -> dict[str, Any] | None:
    """The one entry of a user name; none where several match, as nobody knows whose it is."""
    names = [_attribute(settings, name) for name in ("username", "first_name", "last_name", "email", "subject")]
    found = _find(settings, connection, settings.ldap_base, _fill(settings.ldap_user_filter, username=username), names)
    return found[0] if len(found) == 1 else None


def _find_groups(settings: Settings, connection: Connection, dn: str, username: str) -> tuple[str, ...]:
    if not settings.ldap_group_map and settings.ldap_admin_group is None:
        return ()
    base, name = settings.ldap_group_base or settings.ldap_base, _attribute(settings, "group")
    found = _find(settings, connection, base, _fill(settings.ldap_group_filter, dn=dn, username=username), [name])
    return tuple(text for entry in found for text in _texts(entry, name))


def _texts(entry: dict[str, Any], name: str) -> list[str]:
    """The values of an attribute, whatever the case of its name; bytes that are no text as hexadecimal."""
    values: list[bytes] = next((v for key, v in entry["raw_attributes"].items() if key.casefold() == name.casefold()), [])
    found = []
    for value in values:
        try:
            found.append(value.decode())
        except UnicodeDecodeError:
            found.append(value.hex())
    return found


def _describe(settings: Settings, entry: dict[str, Any], username: str, groups: tuple[str, ...]) -> Outsider:
    def first(name: str) -> str:
        return next(iter(_texts(entry, _attribute(settings, name))), "")

    if not first("subject"):
        raise Unavailable(
            f"The directory tells no {_attribute(settings, 'subject')}; an administrator sets MICRARIUM_LDAP_ATTRIBUTES"
        )
    # Names are those of the directory, so that Ada, ada and "ada " are one person.
    return Outsider(
        source="ldap",
        issuer=settings.ldap_base or str(settings.ldap_url),
        subject=first("subject"),
        username=first("username") or username,
        first_name=first("first_name"),
        last_name=first("last_name"),
        email=first("email") or None,
        groups=groups,
    )
