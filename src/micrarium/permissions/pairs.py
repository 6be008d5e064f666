"""The pairs of map annotations, of which there are many more than annotations."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from micrarium.model import MapEntry
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD

_AT_ONCE = 30_000


def pairs_of(session: ActorSession, shown_ids: Collection[int]) -> dict[int, list[list[str]]]:
    """The pairs, in order, of annotations that were read in this session, by their ids; those without any are left out.

    Whoever is shown an annotation sees its pairs, so that nothing is asked of each pair again.
    """
    found: dict[int, list[list[str]]] = {}
    columns = MapEntry.__table__.c  # of the table and not of the class, whose rows take twice as long to read
    ordered = select(columns.annotation_id, columns.name, columns.value).order_by(columns.annotation_id, columns.position)
    wanted = list(shown_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        some = ordered.where(columns.annotation_id.in_(wanted[start : start + _AT_ONCE]))
        for annotation_id, name, value in session.execute(some, execution_options=UNHELD).all():
            found.setdefault(annotation_id, []).append([name, value])
    return found
