"""Which rows an actor may see and what they may do to them, as SQL; and the sessions that hold everyone to it."""

from __future__ import annotations

# Its hooks check and record what sessions write; nobody calls it, so it is named here.
from micrarium.permissions import writing
from micrarium.permissions.among import among
from micrarium.permissions.binning import bin_owned, binned, count_owned, find_binned, put_into_bin, restore
from micrarium.permissions.checking import allowed_actions, require
from micrarium.permissions.downloading import require_download
from micrarium.permissions.history import history_of
from micrarium.permissions.inserting import insert_parts
from micrarium.permissions.lowering import count_mixed_links, find_mixed_links
from micrarium.permissions.origins import Origin, coming_from, current_origin
from micrarium.permissions.pairs import pairs_of
from micrarium.permissions.privileges import require_privilege
from micrarium.permissions.recording import bin_event
from micrarium.permissions.rules import ACTIONS, ALLOWED, Actor, Membership, Reach
from micrarium.permissions.scopes import SCOPES, is_for, limit_actor, parse_scopes, require_scope, scopes_of, spell_scopes
from micrarium.permissions.sessions import (
    ActorSession,
    beside,
    dialect_of,
    load_actor,
    note_changes,
    open_session,
    shows_none,
    system_session,
)
from micrarium.permissions.showing import shown_attributes, shown_fields
from micrarium.permissions.visibility import every, find_by, get_visible, reached_already, visible
from micrarium.permissions.wholes import root_of

__all__ = [
    "ACTIONS", "ALLOWED", "SCOPES", "Actor", "ActorSession", "Membership", "Origin", "Reach", "allowed_actions", "among",
    "beside", "bin_event", "bin_owned", "binned", "coming_from", "count_mixed_links", "count_owned", "current_origin",
    "dialect_of", "every", "find_binned", "find_by", "find_mixed_links", "get_visible", "history_of", "insert_parts",
    "is_for", "limit_actor", "load_actor", "note_changes", "open_session", "pairs_of", "parse_scopes", "put_into_bin",
    "reached_already", "require", "require_download", "require_privilege", "require_scope", "restore", "root_of", "scopes_of",
    "shown_attributes", "shown_fields", "shows_none", "spell_scopes", "system_session", "visible", "writing",
]  # fmt: skip
