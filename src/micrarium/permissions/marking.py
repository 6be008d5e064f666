"""The mark of sensitive data, which images have from their datasets: it is not lost by the way.

Taking an image out of the last sensitive dataset it is in (unlinking it, moving it elsewhere, deleting the dataset without
its images, moving one of them to another group, undoing) takes the mark from it. That is refused at the end of the transaction
unless a reason was given, which the history then keeps with the change. An image that goes into the bin itself, or into
another sensitive dataset in the same transaction, needs none; what the server does of its own accord needs none either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import event, select

from micrarium.errors import InvalidInput
from micrarium.model import Dataset, DatasetImageLink, Image
from micrarium.permissions.origins import current_origin
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD

_AT_ONCE = 500
_NOTED = "taken_out"


def note_taken_out(session: ActorSession, pairs: Iterable[tuple[int, int]]) -> None:
    """Remember that images were taken out of datasets, as pairs of a dataset's and an image's id, to be checked at the end."""
    session.info.setdefault(_NOTED, set()).update(pairs)


def without_mark(session: ActorSession) -> list[int]:
    """The images that a transaction has so far taken the mark of sensitive data from, by id."""
    session.flush()
    pairs: set[tuple[int, int]] = session.info.get(_NOTED, set())
    marking = _ids(session, select(Dataset.id).where(Dataset.sensitivity.is_not(None)), Dataset.id, {pair[0] for pair in pairs})
    images = {image for dataset, image in pairs if dataset in marking}
    left = _ids(session, select(Image.id).where(Image.deleted_event_id.is_(None)), Image.id, images)
    marked: Any = select(DatasetImageLink.child_id).join(Dataset, Dataset.id == DatasetImageLink.parent_id)
    marked = marked.where(DatasetImageLink.deleted_event_id.is_(None), Dataset.deleted_event_id.is_(None))
    marked = marked.where(Dataset.sensitivity.is_not(None))
    return sorted(left - _ids(session, marked, DatasetImageLink.child_id, left))


def _ids(session: ActorSession, statement: Any, column: Any, wanted: set[int]) -> set[int]:
    """Those of some ids that a statement finds."""
    found: set[int] = set()
    ids = sorted(wanted)
    for start in range(0, len(ids), _AT_ONCE):
        some = statement.where(column.in_(ids[start : start + _AT_ONCE]))
        found.update(session.scalars(some, execution_options=UNHELD))
    return found


@event.listens_for(ActorSession, "before_commit")
def _check(session: ActorSession) -> None:
    if session.actor is None or not session.info.get(_NOTED):
        return
    reason = session.reason or current_origin().reason
    if not (reason or "").strip() and (lost := without_mark(session)):
        others = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        told = f"image:{lost[0]}{others} would be in no dataset any more that is marked as sensitive, and lose the mark"
        raise InvalidInput(f"{told}; that takes a reason: say it in 'X-Reason'", field="reason", images=lost[:100])
    session.info.pop(_NOTED, None)


@event.listens_for(ActorSession, "after_rollback")
def _forget(session: ActorSession) -> None:
    session.info.pop(_NOTED, None)
