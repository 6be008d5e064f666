"""The lists of values that OME's enumerated attributes may have, seeded by the first migration."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import MappedColumn, mapped_column

from micrarium.geometry import OME_PIXEL_TYPES
from micrarium.model.base import Enumeration


class PixelsType(Enumeration):
    """The types of pixel values, by NumPy's names."""


class DimensionOrder(Enumeration):
    """The orders planes may be stored in."""


class RenderingModel(Enumeration):
    """How channels become colours: ``color`` or ``greyscale``."""


class Family(Enumeration):
    """The curves that map intensities to brightness."""


class ContrastMethod(Enumeration):
    """How contrast comes about in a channel."""


class AcquisitionMode(Enumeration):
    """The kinds of microscopy by which a channel was taken."""


class Illumination(Enumeration):
    """Where the light of a channel comes from."""


#: The values each enumeration starts with; those of OME's are of the schema of 2016-06.
SEEDS: dict[type[Enumeration], tuple[str, ...]] = {
    PixelsType: tuple(OME_PIXEL_TYPES),
    DimensionOrder: ("XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC"),
    RenderingModel: ("color", "greyscale"),
    Family: ("linear", "polynomial", "exponential", "logarithmic"),
    ContrastMethod: (
        "Brightfield", "Phase", "DIC", "HoffmanModulation", "ObliqueIllumination", "PolarizedLight", "Darkfield",
        "Fluorescence", "Other",
    ),
    AcquisitionMode: (
        "WideField", "LaserScanningConfocalMicroscopy", "SpinningDiskConfocal", "SlitScanConfocal", "MultiPhotonMicroscopy",
        "StructuredIllumination", "SingleMoleculeImaging", "TotalInternalReflection", "FluorescenceLifetime",
        "SpectralImaging", "FluorescenceCorrelationSpectroscopy", "NearFieldScanningOpticalMicroscopy",
        "SecondHarmonicGenerationImaging", "PALM", "STORM", "STED", "TIRF", "FSM", "LCM", "Other", "BrightField",
        "SweptFieldConfocal", "SPIM",
    ),
    Illumination: ("Transmitted", "Epifluorescence", "Oblique", "NonLinear", "Other"),
}  # fmt: skip


def one_of(kind: type[Enumeration], **options: Any) -> MappedColumn[Any]:
    """A column that holds a value of an enumeration."""
    return mapped_column(String(80), ForeignKey(f"{kind.__tablename__}.value"), info={"enumeration": kind}, **options)
