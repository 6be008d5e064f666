"""Who may have the bytes of original files: what their groups say, beside who may see them. The one check of it.

A group's ``binary_access`` says what OMERO's ``omero.policy.binary_access`` says with four signs:

| here | OMERO | who downloads |
| --- | --- | --- |
| ``all`` | ``+read,+write,+image,+plate`` | whoever sees the image |
| ``members`` | ``+read,+write,+image,-plate`` | the same, but nothing of plates; OMERO's default |
| ``editors-and-plates`` | ``-read,+write,+image,+plate`` | who may edit the image |
| ``editors`` | ``-read,+write,+image,-plate`` | the same, but nothing of plates |
| ``none`` | ``-read,-write,-image,-plate`` | nobody, administrators included |
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from micrarium.errors import NotAllowed
from micrarium.model import ExperimenterGroup, FilesetEntry, Image, OriginalFile, WellSample
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD

_AT_ONCE = 500
_WITH_PLATES = ("all", "editors-and-plates")
_WITH_READERS = ("all", "members")


def require_download(session: ActorSession, file_ids: Collection[int]) -> None:
    """Nothing when the session's actor may have the bytes of these original files, else ``NotAllowed`` with the reason.

    Whether the actor may see them is another question, answered where the files were found.
    """
    if session.actor is None:
        return
    ids = sorted(set(file_ids))
    for start in range(0, len(ids), _AT_ONCE):
        _require_some(session, ids[start : start + _AT_ONCE])


def _require_some(session: ActorSession, ids: Sequence[int]) -> None:
    assert session.actor is not None
    group, file = ExperimenterGroup, OriginalFile
    told = select(file.id, file.owner_id, file.group_id, group.name, group.binary_access).join(group, group.id == file.group_id)
    rows = session.execute(told.where(file.id.in_(ids)).order_by(file.id), execution_options=UNHELD).all()
    on_plates = _on_plates(session, ids) if any(row.binary_access not in _WITH_PLATES for row in rows) else set()
    for file_id, owner_id, group_id, name, access in rows:
        reason = ""
        if access not in ("all", "members", "editors-and-plates", "editors"):
            reason = f"the group {name} lets nobody download originals"
        elif access not in _WITH_PLATES and file_id in on_plates:
            reason = f"the group {name} lets nobody download the originals of plates"
        elif access not in _WITH_READERS and "edit" not in session.actor.may(group_id, owner_id):
            reason = f"the group {name} lets only those download originals who may edit them"
        if reason:
            raise NotAllowed(f"You may not download original_file:{file_id}: {reason}")


def _on_plates(session: ActorSession, ids: Sequence[int]) -> set[int]:
    """Those of these files whose images are in wells, whoever sees the plates."""
    placed = select(FilesetEntry.original_file_id).join(Image, Image.fileset_id == FilesetEntry.fileset_id)
    placed = placed.join(WellSample, WellSample.image_id == Image.id).where(FilesetEntry.original_file_id.in_(ids)).distinct()
    return set(session.scalars(placed, execution_options=UNHELD))
