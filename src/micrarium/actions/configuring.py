"""What the settings of a running server are, and where each of them comes from; secrets are only said to be there."""

from __future__ import annotations

import re
from typing import Any

from pydantic import SecretStr

from micrarium.settings import Settings, origin_of, read_file

MASK = "********"
_PASSWORD_IN_URL = re.compile(r"(://[^:/@\s]*:)[^@/\s]+@")


def describe_settings(settings: Settings) -> list[dict[str, Any]]:
    """Each setting with its value, default, what it means and its origin: default, file, environment or command line."""
    in_file = read_file(settings.data)
    told = []
    for name, field in Settings.model_fields.items():
        variable = f"MICRARIUM_{name.upper()}"
        value = getattr(settings, name)
        origin = origin_of(name, given=settings.given, in_file=in_file)
        default = field.get_default(call_default_factory=True)
        entry = {"name": name, "variable": variable, "value": _shown(value), "default": _shown(default), "origin": origin}
        told.append(entry | {"description": field.description, "is_secret": "SecretStr" in str(field.annotation)})
    return told


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, str):
        return mask_urls(value)
    return value if value is None or isinstance(value, (bool, int, float, list)) else str(value)


def mask_urls(text: str) -> str:
    """A text in which no address has a password."""
    return _PASSWORD_IN_URL.sub(rf"\1{MASK}@", text)


def secrets_of(settings: Settings) -> list[str]:
    """Every secret of the settings, as it must never be written anywhere."""
    values = [getattr(settings, name) for name in Settings.model_fields]
    found = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    addresses = [*found, *(value for value in values if isinstance(value, str))]
    found += [match for text in addresses for match in re.findall(r"://[^:/@\s]*:([^@/\s]+)@", text)]
    return [secret for secret in found if len(secret) > 3]
