"""The settings of a site as a command sees them: from its options, else from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from micrarium.cli.output import note

if TYPE_CHECKING:
    from micrarium.settings import Settings


def load_settings(*, is_telling: bool = False, **given: Any) -> Settings:
    """The settings, with what is given on the command line first; ``UsageError`` names the one that is wrong.

    With ``is_telling`` what the environment says and no setting is called is told on standard error.
    """
    from micrarium import settings

    for sentence in settings.unknown_variables() if is_telling else ():
        note(f"Warning: {sentence}")
    return settings.load_settings(**{name: value for name, value in given.items() if value is not None})
