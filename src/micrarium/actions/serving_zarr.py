"""Images and plates as live OME-Zarr: who may see them is asked each time, encoded chunks are kept for a while."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from cachetools import LRUCache

import micrarium
from micrarium.actions.blinding import is_blind, neutral_channels, neutral_name
from micrarium.actions.locating import Location, open_location, source_of
from micrarium.actions.opening import Site
from micrarium.actions.rendering import ImageView, view_image
from micrarium.errors import NotFound
from micrarium.model import Plate, PlateAcquisition, Well, WellSample
from micrarium.permissions import ActorSession, get_visible, visible
from micrarium.pixels.live import METADATA, LiveField, LiveImage, LivePlate
from micrarium.pixels.source import Source

#: Keys an image can have; all others are answered without looking further.
_IMAGE_KEY = re.compile(r"(labels/([^/]+/)?)?(\d{1,3}/)?(zarr\.json|c(/\d{1,9}){5})")
_WELL_KEY = re.compile(r"([A-Z]{1,3})/(?:([1-9]\d{0,4})/(?:(\d{1,6})/)?)?(.+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The value of a key, as plain values that outlive the session: bytes that are made, or where to make them from.

    ``tag`` tells the value from all others; None where it is not known before the bytes are.
    """

    key: str
    location: Location | None = None
    view: ImageView | None = None
    body: bytes | None = None
    is_blind: bool = False

    @property
    def tag(self) -> str | None:
        """The entity tag of a chunk; metadata are tagged by what they hold."""
        if self.location is None or self.key.endswith(METADATA):
            return None
        said = f"{micrarium.__version__} {self.location.tag} {self.key}"
        return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def want_of_image(session: ActorSession, site: Site, image_id: int, key: str) -> Wanted:
    """What a key of an image stands for. Raises ``NotFound`` for an image that is not to be seen or a key it cannot have."""
    location = source_of(session, site, image_id)
    if not _IMAGE_KEY.fullmatch(key) or (is_blind(session) and key.startswith("labels/")):
        raise NotFound(f"image:{image_id} has no {key}")  # labels have names that somebody gave them
    return Wanted(key, location, view_image(session, image_id) if key == METADATA else None, is_blind=is_blind(session))


def want_of_plate(session: ActorSession, site: Site, plate_id: int, key: str) -> Wanted:
    """What a key of a plate stands for. Raises ``NotFound`` like ``want_of_image``."""
    plate = get_visible(session, Plate, plate_id)
    match = _WELL_KEY.fullmatch(key)
    if match is not None and match[3] is not None:
        image_id = _field_image(session, plate, row=_row_index(match[1]), column=int(match[2]) - 1, number=int(match[3]))
        return want_of_image(session, site, image_id, match[4])
    if match is not None and match[4] != METADATA:
        raise NotFound(f"plate:{plate_id} has no {key}")
    row = _row_index(match[1]) if match else None
    column = int(match[2]) - 1 if match and match[2] else None
    body = _live_plate(session, plate, row=row, column=column).get(key)
    if body is None:
        raise NotFound(f"plate:{plate_id} has no {key}")
    return Wanted(key, body=body)


def _field_image(session: ActorSession, plate: Plate, *, row: int, column: int, number: int) -> int:
    """The image of the field of that number in a well."""
    assert session.actor is not None
    statement = (
        visible(WellSample, session.actor)
        .join(Well, Well.id == WellSample.well_id)
        .where(Well.plate_id == plate.id, Well.row == row, Well.column == column)
        .order_by(WellSample.plate_acquisition_id, WellSample.field_index, WellSample.id)
        .with_only_columns(WellSample.image_id)
    )
    found = session.scalars(statement.offset(number).limit(1)).first()
    if found is None:
        raise NotFound(f"plate:{plate.id} has no field {number} in row {row}, column {column}")
    return int(found)


def _live_plate(session: ActorSession, plate: Plate, *, row: int | None, column: int | None) -> LivePlate:
    """The plate with the wells of one row, or one well, or all: no more is read than a key needs."""
    assert session.actor is not None
    statement = (
        visible(WellSample, session.actor)
        .join(Well, Well.id == WellSample.well_id)
        .where(Well.plate_id == plate.id)
        .order_by(Well.row, Well.column, WellSample.plate_acquisition_id, WellSample.field_index, WellSample.id)
        .with_only_columns(Well.row, Well.column, WellSample.plate_acquisition_id)
    )
    if row is not None:
        statement = statement.where(Well.row == row)
    if column is not None:
        statement = statement.where(Well.column == column)
    runs = visible(PlateAcquisition, session.actor).where(PlateAcquisition.plate_id == plate.id).order_by(PlateAcquisition.id)
    numbers = {run.id: number for number, run in enumerate(session.scalars(runs))}
    wells: dict[tuple[int, int], list[LiveField]] = {}
    for found in session.execute(statement):
        field = LiveField(_no_image, numbers.get(found.plate_acquisition_id, 0))
        wells.setdefault((found.row, found.column), []).append(field)
    rows = max([plate.rows, *(r + 1 for r, _ in wells)])
    columns = max([plate.columns, *(c + 1 for _, c in wells)])
    name = neutral_name("plate", plate.id) if is_blind(session) else plate.name
    return LivePlate(name, rows=rows, columns=columns, wells=wells)


def _no_image() -> LiveImage:
    raise NotFound("Images of a plate are found by their fields")


@lru_cache(maxsize=1024)
def _row_index(name: str) -> int:
    """The row of its letters: A is 0, Z 25, AA 26."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


class ChunkCache:
    """Encoded chunks, as many as fit into a number of bytes, the least used going first."""

    def __init__(self) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(0, getsizeof=len)
        self._lock = Lock()

    def get(self, tag: str) -> bytes | None:
        """The chunk, or None when it is not kept."""
        with self._lock:
            return self._kept.get(tag)

    def put(self, tag: str, chunk: bytes, *, most_bytes: int) -> None:
        """Keep a chunk, unless it alone is too large."""
        with self._lock:
            if self._kept.maxsize != most_bytes:
                self._kept = LRUCache(most_bytes, getsizeof=len)
            if len(chunk) <= most_bytes // 4:
                self._kept[tag] = chunk


_chunks = ChunkCache()


def read_wanted(site: Site, wanted: Wanted) -> bytes:
    """The bytes of a key's value; no session need be open. Raises ``NotFound`` when there is nothing under the key."""
    if wanted.body is not None:
        return wanted.body
    assert wanted.location is not None
    # One process may serve several sites in tests; their images have the same numbers.
    kept_as = None if wanted.tag is None else f"{site.data} {wanted.tag}"
    if kept_as is not None and (found := _chunks.get(kept_as)) is not None:
        return found
    with open_location(site, wanted.location) as source:
        live = _live_image(source, wanted)
        body = live.get(wanted.key)
    if body is None:
        raise NotFound(f"image:{wanted.location.image_id} has no {wanted.key}")
    if kept_as is not None:
        _chunks.put(kept_as, body, most_bytes=site.settings.chunk_cache_mb * 2**20)
    return body


def _live_image(source: Source, wanted: Wanted) -> LiveImage:
    view = wanted.view
    if not wanted.is_blind or view is None:
        return LiveImage(source, name=view.name if view else None, channels=view.channels if view else None)
    name = neutral_name("image", view.image_id)
    return LiveImage(source, name=name, channels=neutral_channels(view.channels), labels={})
