"""What is said about the demo data: names, places, key-values, tags and comments, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A region of interest: corners (x, y) in pixels, on the plane ``z`` at time ``t``, or on all where None."""

    name: str
    points: tuple[tuple[float, float], ...]
    z: int | None = None
    t: int | None = None


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file of the demo data, where it belongs, and what is said about it once it is imported.

    It goes into a dataset of a project, or, being a plate, into a screen. ``wells`` holds key-values by a well's name
    (``A1``).
    """

    path: Path
    title: str
    about: str
    project: str | None = None
    dataset: str | None = None
    screen: str | None = None
    key_values: Pairs = ()
    tags: tuple[str, ...] = ()
    comment: str | None = None
    outlines: tuple[Outline, ...] = ()
    wells: Mapping[str, Pairs] = field(default_factory=dict)


CULTURE, TISSUE, SCREEN = "Cell culture", "Tissue sections", "p65 translocation screen"

#: What is said of every picture; the licence makes the demo data free to use for anything.
COMMON: Pairs = (("Licence", "CC0-1.0"), ("Origin", "drawn by micrarium demo"))


def describe(path: Path, *, outlines: tuple[Outline, ...] = ()) -> DemoFile:
    """A demo file with what is said about the file of that name."""
    entry = ENTRIES[path.name]
    wells = describe_wells() if entry.screen else {}
    return DemoFile(
        path,
        entry.title,
        entry.about,
        project=entry.project,
        dataset=entry.dataset,
        screen=entry.screen,
        key_values=entry.key_values + COMMON,
        tags=entry.tags,
        comment=entry.comment,
        outlines=outlines,
        wells=wells,
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said about one demo file, apart from where it lies."""

    title: str
    about: str
    key_values: Pairs
    tags: tuple[str, ...]
    project: str | None = None
    dataset: str | None = None
    screen: str | None = None
    comment: str | None = None


STACK = "hela_cytoskeleton_stack.ome.tiff"
FILM = "u2os_divisions_timelapse.tif"
BRAIN = "mouse_brain_section_dapi.tif"
SLIDE = "colon_mucosa_he.ome.tiff"
SEGMENTED = "mdck_monolayer_segmented.ome.zarr"
PLATE = "p65_translocation_plate.ome.zarr"

ENTRIES: dict[str, Entry] = {
    STACK: Entry(
        title="HeLa cytoskeleton, z-stack",
        about="HeLa cells with nuclei, microtubules and mitochondria stained, 24 planes through a monolayer.",
        project=CULTURE,
        dataset="Confocal stacks",
        key_values=(
            ("Organism", "Homo sapiens"),
            ("Cell Line", "HeLa"),
            ("Imaging Method", "spinning disk confocal microscopy"),
            ("Stain", "DAPI (DNA)"),
            ("Stain", "Alexa Fluor 488 anti-tubulin"),
            ("Stain", "MitoTracker Deep Red"),
            ("Fixation", "4 % paraformaldehyde, 10 min"),
        ),
        tags=("cytoskeleton", "fixed", "demo"),
        comment="Nuclei are outlined on the plane where each is widest.",
    ),
    FILM: Entry(
        title="U-2 OS divisions, time-lapse",
        about="U-2 OS cells with fluorescent histone that wander and divide, one frame every five minutes.",
        project=CULTURE,
        dataset="Live imaging",
        key_values=(
            ("Organism", "Homo sapiens"),
            ("Cell Line", "U-2 OS H2B-GFP"),
            ("Imaging Method", "time lapse microscopy"),
            ("Temperature", "37 °C"),
        ),
        tags=("mitosis", "live", "demo"),
    ),
    SEGMENTED: Entry(
        title="MDCK monolayer with segmented nuclei",
        about="A confluent epithelium, nuclei and membranes, with a label image of the nuclei.",
        project=CULTURE,
        dataset="Segmentation",
        key_values=(
            ("Organism", "Canis lupus familiaris"),
            ("Cell Line", "MDCK"),
            ("Imaging Method", "confocal microscopy"),
            ("Segmentation", "nuclei, known from the drawing"),
        ),
        tags=("segmentation", "epithelium", "demo"),
        comment="The labels are the ground truth: compare your own segmentation with them.",
    ),
    BRAIN: Entry(
        title="Mouse brain section, DAPI",
        about="A coronal section of a whole mouse brain, nuclei stained, 8192 x 8192 pixels in one plane.",
        project=TISSUE,
        dataset="Brain",
        key_values=(
            ("Organism", "Mus musculus"),
            ("Tissue", "brain"),
            ("Section", "coronal, 30 µm"),
            ("Imaging Method", "fluorescence microscopy"),
            ("Stain", "DAPI (DNA)"),
        ),
        tags=("brain", "slide scan", "demo"),
    ),
    SLIDE: Entry(
        title="Colon mucosa, hematoxylin and eosin",
        about="Glands of the colon cut across, as a slide scanner shows them.",
        project=TISSUE,
        dataset="Histology",
        key_values=(
            ("Organism", "Homo sapiens"),
            ("Tissue", "colon"),
            ("Imaging Method", "bright-field microscopy"),
            ("Stain", "hematoxylin and eosin"),
        ),
        tags=("histology", "slide scan", "demo"),
    ),
    PLATE: Entry(
        title="p65 translocation, plate 1",
        about="Eight stimuli at ten doses: the transcription factor p65 moves from the cytoplasm into the nucleus.",
        screen=SCREEN,
        key_values=(
            ("Organism", "Homo sapiens"),
            ("Cell Line", "A549"),
            ("Imaging Method", "fluorescence microscopy"),
            ("Assay", "p65 nuclear translocation"),
        ),
        tags=("screen", "demo"),
        comment="Column 1 is untreated, column 12 the positive control; doses double from column 2 to column 11.",
    ),
}


class Stimulus(NamedTuple):
    """What one row of the plate was treated with: name, lowest dose in ng/ml, column of half effect, share of cells killed."""

    name: str
    lowest_ng_per_ml: float
    half_effect_column: float
    death: float


STIMULI = (
    Stimulus("TNF-alpha", 0.1, 4.0, 0.0),
    Stimulus("IL-1 beta", 0.05, 5.0, 0.0),
    Stimulus("LPS", 1.0, 6.5, 0.0),
    Stimulus("Poly(I:C)", 10.0, 8.0, 0.1),
    Stimulus("Flagellin", 0.5, 7.0, 0.0),
    Stimulus("PMA", 0.2, 5.5, 0.5),
    Stimulus("Staurosporine", 1.0, 30.0, 1.0),
    Stimulus("Vehicle", 0.0, 30.0, 0.0),
)
ROWS, COLUMNS, FIELDS = 8, 12, 2


def well_name(row: int, column: int) -> str:
    """A well's name from its zero-based row and column: ``A1``."""
    return f"{chr(ord('A') + row)}{column + 1}"


def effect_in(row: int, column: int) -> tuple[float, float]:
    """How far the reporter has moved and how many cells have died in a well, both from 0 to 1."""
    if column == 0:
        return 0.0, 0.0
    if column == COLUMNS - 1:
        return 1.0, 0.0
    stimulus = STIMULI[row]
    return 1 / (1 + 2.0 ** (1.6 * (stimulus.half_effect_column - column))), stimulus.death / (1 + 2.0 ** (1.4 * (7.5 - column)))


def describe_wells() -> dict[str, Pairs]:
    """The key-values of every well, by its name."""
    wells: dict[str, Pairs] = {}
    for row, stimulus in enumerate(STIMULI):
        for column in range(COLUMNS):
            if column == 0:
                pairs: Pairs = (("Compound", "none"), ("Control", "negative"))
            elif column == COLUMNS - 1:
                pairs = (("Compound", "TNF-alpha"), ("Concentration", "50 ng/ml"), ("Control", "positive"))
            else:
                dose = stimulus.lowest_ng_per_ml * 2 ** (column - 1)
                pairs = (("Compound", stimulus.name), ("Concentration", f"{dose:g} ng/ml"))
            wells[well_name(row, column)] = pairs
    return wells
