"""From an image's rows to its pixels: where they lie, and a bounded number of files kept open between requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from micrarium.actions.opening import Site
from micrarium.actions.reaching_roots import Below, find_below
from micrarium.actions.safeguarding import is_sensitive, note_sensitive
from micrarium.actions.storing import locate
from micrarium.actions.walking import Place
from micrarium.errors import NotFound, UnreadableFile
from micrarium.model import Fileset, FilesetEntry, Image, OriginalFile, Pixels
from micrarium.permissions import ActorSession, beside, every, visible
from micrarium.pixels.source import ImageFile, Source


@dataclass(frozen=True, slots=True)
class Location:
    """Where the pixels of an image lie, as plain values that outlive the session they came from.

    ``version`` changes whenever the pixels that are served could change: with the image's pixels or its pyramid.
    """

    image_id: int
    path: Path
    reader: str
    series: int
    pyramid: Path | None
    version: int
    below: Below | None = field(default=None, compare=False)

    @property
    def tag(self) -> str:
        """What tells these pixels from all others this site ever served."""
        return f"{self.image_id}.{self.version}"


def source_of(session: ActorSession, site: Site, image_id: int) -> Location:
    """Where the pixels of an image lie. Raises ``NotFound`` for an image the session may not see.

    Whoever may see an image may see its pixels, although a link may hide the files they come from: so those are found
    beside the session. The session remembers that somebody looked, where the image is sensitive.
    """
    start = every(Image) if session.actor is None else visible(Image, session.actor)
    is_there = session.scalars(start.where(Image.id == image_id).with_only_columns(Image.id)).first() is not None
    statement = (
        every(Image)
        .join(Pixels, Pixels.image_id == Image.id)
        .join(Fileset, Fileset.id == Image.fileset_id)
        .join(FilesetEntry, (FilesetEntry.fileset_id == Fileset.id) & (FilesetEntry.position == 0))
        .join(OriginalFile, OriginalFile.id == FilesetEntry.original_file_id)
        .where(Image.id == image_id)
        .with_only_columns(
            OriginalFile.location, OriginalFile.root_id, Fileset.reader, Image.series, Image.fileset_id, Pixels.pyramid,
            Pixels.version, is_sensitive(Image.id).label("is_sensitive"),
        )
    )  # fmt: skip
    with beside(session, "find the pixels of an image") as system:
        row = system.execute(statement).first() if is_there else None
        below = None if row is None or row.root_id is None else find_below(system, row.root_id, row.fileset_id)
    if row is None:
        raise NotFound(f"There is no image:{image_id}, or no pixels of it")
    if row.is_sensitive:
        note_sensitive(session, [("Image", image_id)])
    pyramid = None if row.pyramid is None else locate(site.data, row.pyramid)
    path = locate(site.data, row.location) if below is None else below.path_of(site, row.location)
    return Location(image_id, path, row.reader, row.series, pyramid, row.version, below)


_Key = tuple[Path, str, int, int]
_SourceKey = tuple[int, Path | None, int]


@dataclass
class _Entry:
    """A file that is open, or about to be, and how many use it now."""

    users: int = 0
    is_dropped: bool = False
    file: ImageFile | None = None
    lock: Lock = field(default_factory=Lock)
    sources: dict[_SourceKey, Source] = field(default_factory=dict)

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None


class OpenFiles:
    """Image files that are open, at most so many between uses; one that is being read is never closed."""

    def __init__(self) -> None:
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def use(self, path: Path, reader: str, *, most: int, place: Place | None = None) -> Iterator[_Entry]:
        """The open file, for as long as the block runs. Raises ``UnreadableFile`` when it is gone or damaged.

        Below the root of a ``place``, ``NotAllowed`` when a file of it was replaced by a link that leads out.
        """
        key = _key(path, reader)
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            entry.users += 1
            idle = self._drop_idle(most)
        for one in idle:
            one.close()
        try:
            with entry.lock:
                if entry.file is None:
                    entry.file = _open(path, reader, place)
            yield entry
        finally:
            with self._lock:
                entry.users -= 1
                if entry.file is None and entry.users == 0 and self._entries.get(key) is entry:
                    del self._entries[key]
                is_over = entry.is_dropped and entry.users == 0
            if is_over:
                entry.close()

    def _drop_idle(self, most: int) -> list[_Entry]:
        idle = []
        for key in list(self._entries):
            if len(self._entries) <= most:
                break
            if self._entries[key].users == 0:
                idle.append(self._entries.pop(key))
        return idle

    def close_below(self, folder: Path | None = None) -> None:
        """Close the files below a folder, or all; those that are being read are closed when that is over."""
        with self._lock:
            chosen = [key for key in self._entries if folder is None or key[0].is_relative_to(folder)]
            entries = [self._entries.pop(key) for key in chosen]
            for entry in entries:
                entry.is_dropped = True
            idle = [entry for entry in entries if entry.users == 0]
        for entry in idle:
            entry.close()

    def __len__(self) -> int:
        return len(self._entries)


def _key(path: Path, reader: str) -> _Key:
    # A file that was replaced is another file; one that is gone is told at once, though it may still be open.
    try:
        found = path.stat()
    except OSError as error:
        raise UnreadableFile(f"{path.name} is not where it was imported from: {error.strerror}") from error
    return path, reader, found.st_mtime_ns, found.st_size


def _open(path: Path, reader: str, place: Place | None) -> ImageFile:
    from micrarium.formats import open_image_file

    opened = open_image_file(path, reader=reader)
    try:
        if place is not None and not path.is_dir():  # of folders only the path itself: an OME-Zarr may have a million chunks
            place.check(map(Path, opened.files))
    except BaseException:
        opened.close()
        raise
    return opened


_open_files = OpenFiles()


@contextmanager
def open_location(site: Site, location: Location) -> Iterator[Source]:
    """The source of an image for as long as the block runs; no database session need be open.

    Raises ``UnreadableFile`` with the name of a file that is gone or damaged, ``Unavailable`` while its root is not there.
    """
    with _use(site, location) as entry:
        yield _source_in(entry, location)


@contextmanager
def open_fileset(site: Site, location: Location) -> Iterator[ImageFile]:
    """The whole file that an image is in, for as long as the block runs; it must not be closed."""
    with _use(site, location) as entry:
        assert entry.file is not None
        yield entry.file


@contextmanager
def _use(site: Site, location: Location) -> Iterator[_Entry]:
    place = None if location.below is None else location.below.reach(site, location.path)
    with _open_files.use(location.path, location.reader, most=site.settings.open_files, place=place) as entry:
        yield entry


def _source_in(entry: _Entry, location: Location) -> Source:
    assert entry.file is not None
    built_ns = 0
    if location.pyramid is not None:
        try:
            built_ns = location.pyramid.stat().st_mtime_ns
        except OSError:
            location = Location(
                location.image_id, location.path, location.reader, location.series, None, location.version, location.below
            )
    key = (location.series, location.pyramid, built_ns)
    if (found := entry.sources.get(key)) is not None:
        return found
    if location.series >= len(entry.file.images):
        raise UnreadableFile(f"{location.path.name} has {len(entry.file.images)} images and no number {location.series}")
    source = entry.file.images[location.series]
    if location.pyramid is not None:
        from micrarium.pixels.pyramids import PyramidSource

        source = PyramidSource(source, location.pyramid)
    entry.sources[key] = source
    return source


def close_files() -> None:
    """Close all image files this process has open, because the site is being closed."""
    _open_files.close_below()
