"""The pairs of map annotations, of which there are many more than annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from sqlalchemy import select

from micrarium.model import MapEntry
from micrarium.permissions.among import among
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD


def pairs_of(session: ActorSession, shown_ids: Collection[int]) -> dict[int, list[list[str]]]:
    """The pairs, in order, of annotations that were read in this session, by their ids; those without any are left out.

    Whoever is shown an annotation sees its pairs, so that nothing is asked of each pair again.
    """
    columns = MapEntry.__table__.c  # of the table and not of the class, whose rows take twice as long to read
    ordered = select(columns.annotation_id, columns.name, columns.value).order_by(columns.annotation_id, columns.position)
    statement = ordered.where(among(columns.annotation_id, shown_ids))
    rows = session.execute(statement, execution_options=UNHELD).all()
    # Ten thousand rows are cut by how many each annotation has, which takes half as long as sorting them in one by one.
    pairs, found, start = [[name, value] for _, name, value in rows], {}, 0
    for annotation_id, count in Counter([row[0] for row in rows]).items():
        found[annotation_id] = pairs[start : start + count]
        start += count
    return found
