"""What the tags of a VSI file say of an image, in OME's terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from micrarium.formats.vsi_tags import (
    DISPLAY_COLOR,
    DOCUMENT_AUTHOR,
    DOCUMENT_PRODUCT_NAME,
    DOCUMENT_PRODUCT_VERSION,
    DOCUMENT_TIME,
    EXTERNAL_FILE,
    Node,
    Tag,
)
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription, ImageDescription

#: What a dimension is, by its number.
_MEANINGS = {1: "z", 2: "t", 3: "λ", 4: "c", 9: "phase"}
_CAMERA = 0
_THUMBNAILS = {1: "overview", 256: "macro image"}
_LATEST_YEAR = 2200


@dataclass(frozen=True, slots=True)
class VsiImage:
    """One image that the tags describe, and where it says that its pixels lie."""

    node: Node

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width in pixels."""
        boundary = self._external(Tag.BOUNDARY)
        return (boundary[3], boundary[2]) if len(boundary) == 4 and min(boundary[2:]) > 0 else None

    @property
    def origin(self) -> tuple[int, int]:
        """Where the first tile lies from the first pixel, down and to the right; tiles may reach over the image's edges."""
        place = self._external(Tag.TILE_ORIGIN)
        return (place[1], place[0]) if len(place) == 2 else (0, 0)

    @property
    def has_external_file(self) -> bool:
        """Whether its pixels lie in an ETS file."""
        frames = [frame.find(EXTERNAL_FILE) for frame in self.node.all(Tag.FRAME)]
        return any(frame is not None and frame.find(Tag.HAS_EXTERNAL_FILE) is not None for frame in frames) or self.size is not None

    @property
    def name(self) -> str:
        """What cellSens calls it."""
        found = self.node.find(Tag.STACK, Tag.STACK_NAME)
        return str(found.value) if found is not None and found.value and found.value != "0" else ""

    def dimensions(self) -> dict[int, str]:
        """What the dimensions beside x and y are, by their place among the coordinates of tiles, 0 being the one behind y."""
        found: dict[int, str] = {}
        for node in self.node.all(Tag.DIMENSION):
            for parameters in node.all(Tag.PARAMETERS):
                meaning = parameters.find(Tag.MEANING)
                if meaning is not None and meaning.value in _MEANINGS and node.index is not None:
                    found.setdefault(node.index, _MEANINGS[meaning.value])
        return found

    def increment(self, dimension: str) -> float | None:
        """The step along z in micrometres, or along t in milliseconds."""
        for parameters in self._parameters(dimension):
            found = parameters.find(Tag.INCREMENT, Tag.VALUE)
            if found is not None and (value := _number(found.value)) is not None and value > 0:
                return value
        return None

    def _parameters(self, dimension: str) -> list[Node]:
        kinds = self.dimensions()
        nodes = [node for node in self.node.all(Tag.DIMENSION) if kinds.get(-1 if node.index is None else node.index) == dimension]
        return [parameters for node in nodes for parameters in node.all(Tag.PARAMETERS)]

    def _external(self, tag: int) -> tuple[Any, ...]:
        for frame in self.node.all(Tag.FRAME):
            found = frame.find(EXTERNAL_FILE, tag)
            if found is not None and isinstance(found.value, tuple):
                return found.value
        return ()


def find_images(root: Node) -> list[VsiImage]:
    """The images that the tags describe, in the order of the file."""
    return [VsiImage(node) for collection in root.all(Tag.COLLECTION) for node in collection.all(Tag.IMAGE)]


def describe_image(root: Node, image: VsiImage | None, *, name: str, channels: int, samples: int) -> ImageDescription:
    """The description of an image; of one that the tags do not tell of, only what holds for the whole document."""
    node = Node(0) if image is None else image.node
    stack = node.find(Tag.STACK) or Node(0)
    scale = _pair(stack, Tag.FRAME_SCALE)
    origin = _pair(stack, Tag.FRAME_ORIGIN)
    bits = [int(value) for value in node.values(Tag.BIT_DEPTH) if isinstance(value, int) and 0 < value <= 64]
    kind = stack.find(Tag.STACK_TYPE)
    thumbnail = "" if kind is None else _THUMBNAILS.get(kind.value, "")
    steps = {} if image is None else {axis: step for axis in "zt" if (step := image.increment(axis))}
    return ImageDescription(
        name=name,
        acquisition_date=_date(stack, root),
        physical_size_x=Quantity(scale[0], "µm") if scale and scale[0] > 0 else None,
        physical_size_y=Quantity(scale[1], "µm") if scale and scale[1] > 0 else None,
        physical_size_z=Quantity(steps["z"], "µm") if steps.get("z") else None,
        time_increment=Quantity(steps["t"] / 1000, "s") if steps.get("t") else None,
        significant_bits=bits[0] if bits else None,
        channels=_channels(node, image, channels, samples),
        objective=_objective(node.find(Tag.STACK) or Node(0)),
        instrument=_instrument(node, root),
        experimenter=_document(root, DOCUMENT_AUTHOR),
        stage_position_um=(origin[0], origin[1], None) if origin else None,
        is_thumbnail=bool(thumbnail) or name.lower() in ("label", "overview", "macro image"),
    )


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        return None
    return float(value)


def _pair(node: Node, tag: int) -> tuple[float, float] | None:
    found = node.find(tag)
    values = () if found is None or not isinstance(found.value, tuple) else found.value
    numbers = [_number(value) for value in values[:2]]
    return (numbers[0], numbers[1]) if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None else None


def _date(stack: Node, root: Node) -> datetime | None:
    """When it was taken: seconds since 1970, of the image or else of the document."""
    found = stack.find(Tag.CREATION_TIME) or next((node for node in root.walk() if node.tag == DOCUMENT_TIME), None)
    seconds = None if found is None else _number(found.value)
    latest = datetime(_LATEST_YEAR, 1, 1, tzinfo=UTC).timestamp()
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 < seconds < latest else None


def _document(root: Node, tag: int) -> str | None:
    for document in root.walk():
        if document.tag == Tag.DOCUMENT:
            found = next((node.value for node in document.walk() if node.tag == tag and isinstance(node.value, str)), None)
            if found:
                return found
    return None


def _channels(node: Node, image: VsiImage | None, count: int, samples: int) -> tuple[ChannelDescription, ...]:
    """Names, colours, emission and exposure: of a channel's own where channels are a dimension, else in the order of the file."""
    parameters = {} if image is None else {one.index: one for one in image._parameters("c") if one.index is not None}
    names = [str(value) for value in node.values(Tag.CHANNEL_NAME) if value]
    waves = [_number(value) for value in node.values(Tag.WAVELENGTH)]
    exposures = [value / 1e6 for one in node.values(Tag.EXPOSURE_TIME) if (value := _number(one)) is not None and value > 0]
    described = []
    for number in range(count):
        own = parameters.get(number)
        own_names = [] if own is None else [str(value) for value in own.values(Tag.CHANNEL_NAME) if value]
        own_waves = [] if own is None else [_number(value) for value in own.values(Tag.WAVELENGTH)]
        color = None if own is None else own.find(DISPLAY_COLOR)
        wave = next(iter(own_waves), waves[number] if number < len(waves) else None)
        exposure = exposures[number] if len(exposures) >= count else next(iter(exposures), None)
        is_color = color is not None and isinstance(color.value, tuple) and len(color.value) == 3
        described.append(
            ChannelDescription(
                name=next(iter(own_names), names[number] if number < len(names) else ("RGB" if samples > 1 else "")),
                color="{:02X}{:02X}{:02X}".format(*color.value) if is_color and color is not None else None,
                emission_nm=wave if wave else None,
                exposure_s=exposure,
            )
        )
    return tuple(described)


def _objective(stack: Node) -> dict[str, Any]:
    microscope = stack.find(Tag.MICROSCOPE) or stack
    found: dict[str, Any] = {}
    for key, tag in (
        ("nominal_magnification", Tag.MAGNIFICATION),
        ("lens_na", Tag.NUMERICAL_APERTURE),
        ("working_distance_um", Tag.WORKING_DISTANCE),
        ("refractive_index", Tag.REFRACTIVE_INDEX),
    ):
        value = next((number for one in microscope.values(tag) if (number := _number(one)) is not None and number > 0), None)
        if value is not None:
            found[key] = value
    names, kinds = microscope.values(Tag.OBJECTIVE_NAME), microscope.values(Tag.OBJECTIVE_TYPE)
    # Of several names that of an objective has the type 1; others are condensers and the like.
    chosen = [name for name, kind in zip(names, kinds, strict=False) if kind == 1] or names
    return found | ({"model": str(chosen[0])} if chosen and chosen[0] else {})


def _instrument(node: Node, root: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    software = " ".join(filter(None, (_document(root, DOCUMENT_PRODUCT_NAME), _document(root, DOCUMENT_PRODUCT_VERSION))))
    if software:
        found["software"] = software
    names, kinds = node.values(Tag.DEVICE_NAME), node.values(Tag.DEVICE_SUBTYPE)
    makers, numbers = node.values(Tag.DEVICE_MANUFACTURER), node.values(Tag.DEVICE_ID)
    for place, kind in enumerate(kinds):
        if kind == _CAMERA:
            told = {"model": names, "manufacturer": makers, "serial_number": numbers}
            camera = {key: str(values[place]) for key, values in told.items() if place < len(values) and values[place]}
            return found | ({"detectors": [camera]} if camera else {})
    return found
