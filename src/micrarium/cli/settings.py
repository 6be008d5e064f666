"""The settings of a site as a command sees them: from its options, else from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from micrarium.errors import UsageError

if TYPE_CHECKING:
    from micrarium.settings import Settings


def load_settings(**given: Any) -> Settings:
    """The settings, with what is given on the command line first; ``UsageError`` names the one that is wrong."""
    from pydantic import ValidationError

    from micrarium.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"])
        raise UsageError(f"The setting {name} (MICRARIUM_{name.upper()}) is wrong: {fault['msg']}.", field=name) from None
