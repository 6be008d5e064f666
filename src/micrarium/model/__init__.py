"""The OME Data Model: every entity, said once."""

from __future__ import annotations

from micrarium.model.annotations import (
    ANNOTATION_LINKS,
    CLIENT_NAMESPACE,
    Annotation,
    CommentAnnotation,
    MapAnnotation,
    MapEntry,
    TagAnnotation,
)
from micrarium.model.base import Base, Entity, Enumeration, Internal, Link, Owned, Part, Personal, Shared
from micrarium.model.containers import Dataset, DatasetImageLink, Project, ProjectDatasetLink
from micrarium.model.enumerations import (
    AcquisitionMode,
    ContrastMethod,
    DimensionOrder,
    Family,
    Illumination,
    PixelsType,
    RenderingModel,
)
from micrarium.model.events import Event, EventLog
from micrarium.model.files import Fileset, FilesetEntry, OriginalFile
from micrarium.model.images import Channel, Image, LogicalChannel, Pixels, StatsInfo
from micrarium.model.jobs import Job, Upload
from micrarium.model.people import LEVELS, Experimenter, ExperimenterGroup, GroupExperimenterMap, LoginSession, Password, Token
from micrarium.model.plates import Plate, PlateAcquisition, Screen, ScreenPlateLink, Well, WellSample
from micrarium.model.rendering import ChannelBinding, RenderingDef
from micrarium.model.rois import Ellipse, Label, Line, Mask, Point, Polygon, Polyline, Rectangle, Roi, Shape
from micrarium.model.search import SearchDocument

__all__ = [
    "ANNOTATION_LINKS", "CLIENT_NAMESPACE", "LEVELS", "AcquisitionMode", "Annotation", "Base", "Channel", "ChannelBinding",
    "CommentAnnotation", "ContrastMethod", "Dataset", "DatasetImageLink", "DimensionOrder", "Ellipse", "Entity", "Enumeration",
    "Event", "EventLog", "Experimenter", "ExperimenterGroup", "Family", "Fileset", "FilesetEntry", "GroupExperimenterMap",
    "Illumination", "Image", "Internal", "Job", "Label", "Line", "Link", "LogicalChannel", "LoginSession", "MapAnnotation",
    "MapEntry", "Mask", "OriginalFile", "Owned", "Part", "Password", "Personal", "Pixels", "PixelsType", "Plate",
    "PlateAcquisition", "Point", "Polygon", "Polyline", "Project", "ProjectDatasetLink", "Rectangle", "RenderingDef",
    "RenderingModel", "Roi", "Screen", "ScreenPlateLink", "SearchDocument", "Shape", "Shared", "StatsInfo", "TagAnnotation",
    "Token", "Upload", "Well", "WellSample",
]  # fmt: skip
