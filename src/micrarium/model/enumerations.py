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


class PhotometricInterpretation(Enumeration):
    """What the samples of a pixel mean."""


class MicroscopeType(Enumeration):
    """The builds of microscopes."""


class Immersion(Enumeration):
    """What lies between an objective and the specimen it was made for."""


class Correction(Enumeration):
    """The optical corrections of objectives."""


class Medium(Enumeration):
    """What really lay between an objective and the specimen."""


class DetectorType(Enumeration):
    """The kinds of detectors."""


class Binning(Enumeration):
    """How many pixels of a detector became one."""


class LaserType(Enumeration):
    """The kinds of lasers."""


class LaserMedium(Enumeration):
    """What a laser's light comes from."""


class Pulse(Enumeration):
    """How a laser is pulsed."""


class ArcType(Enumeration):
    """The fillings of arc lamps."""


class FilamentType(Enumeration):
    """The kinds of filament lamps."""


class FilterType(Enumeration):
    """What filters let through."""


class ExperimentType(Enumeration):
    """The kinds of experiments."""


class MicrobeamManipulationType(Enumeration):
    """What is done to a specimen with light."""


class NamingConvention(Enumeration):
    """How the rows or columns of a plate are named."""


class FillRule(Enumeration):
    """What of a shape that crosses itself is inside."""


class FontFamily(Enumeration):
    """The fonts of shapes."""


class FontStyle(Enumeration):
    """The styles of fonts of shapes."""


class ProjectionType(Enumeration):
    """How planes become one."""


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
    PhotometricInterpretation: ("RGB", "ARGB", "CMYK", "HSV", "Monochrome", "ColorMap"),
    MicroscopeType: ("Upright", "Inverted", "Dissection", "Electrophysiology", "Other"),
    Immersion: ("Oil", "Water", "WaterDipping", "Air", "Multi", "Glycerol", "Other"),
    Correction: (
        "UV", "PlanApo", "PlanFluor", "SuperFluor", "VioletCorrected", "Achro", "Achromat", "Fluor", "Fl", "Fluar",
        "Neofluar", "Fluotar", "Apo", "PlanNeofluar", "Other",
    ),
    Medium: ("Air", "Oil", "Water", "Glycerol", "Other"),
    DetectorType: (
        "CCD", "IntensifiedCCD", "AnalogVideo", "PMT", "Photodiode", "Spectroscopy", "LifetimeImaging",
        "CorrelationSpectroscopy", "FTIR", "EMCCD", "APD", "CMOS", "EBCCD", "Other",
    ),
    Binning: ("1x1", "2x2", "4x4", "8x8", "Other"),
    LaserType: ("Excimer", "Gas", "MetalVapor", "SolidState", "Dye", "Semiconductor", "FreeElectron", "Other"),
    LaserMedium: (
        "Cu", "Ag", "ArFl", "ArCl", "KrFl", "KrCl", "XeFl", "XeCl", "XeBr", "N", "Ar", "Kr", "Xe", "HeNe", "HeCd", "CO",
        "CO2", "H2O", "HFl", "NdGlass", "NdYAG", "ErGlass", "ErYAG", "HoYLF", "HoYAG", "Ruby", "TiSapphire", "Alexandrite",
        "Rhodamine6G", "CoumarinC30", "GaAs", "GaAlAs", "EMinus", "Other",
    ),
    Pulse: ("CW", "Single", "QSwitched", "Repetitive", "ModeLocked", "Other"),
    ArcType: ("Hg", "Xe", "HgXe", "Other"),
    FilamentType: ("Incandescent", "Halogen", "Other"),
    FilterType: ("Dichroic", "LongPass", "ShortPass", "BandPass", "MultiPass", "NeutralDensity", "Tuneable", "Other"),
    ExperimentType: (
        "FP", "FRET", "TimeLapse", "FourDPlus", "Screen", "Immunocytochemistry", "Immunofluorescence", "FISH",
        "Electrophysiology", "IonImaging", "Colocalization", "PGIDocumentation", "FluorescenceLifetime", "SpectralImaging",
        "Photobleaching", "SPIM", "Other",
    ),
    MicrobeamManipulationType: (
        "FRAP", "FLIP", "InverseFRAP", "Photoablation", "Photoactivation", "Uncaging", "OpticalTrapping", "Other",
    ),
    NamingConvention: ("letter", "number"),
    FillRule: ("EvenOdd", "NonZero"),
    FontFamily: ("serif", "sans-serif", "cursive", "fantasy", "monospace"),
    FontStyle: ("Bold", "BoldItalic", "Italic", "Normal"),
    ProjectionType: ("maximum", "mean", "sum"),
}  # fmt: skip


def one_of(kind: type[Enumeration], **options: Any) -> MappedColumn[Any]:
    """A column that holds a value of an enumeration."""
    return mapped_column(String(80), ForeignKey(f"{kind.__tablename__}.value"), info={"enumeration": kind}, **options)
