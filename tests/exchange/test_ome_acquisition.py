"""What a file says of an acquisition is there again when the image was exported and read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.formats.acquisitions import write_everything

from micrarium.exchange.ome_tiff import export_ome_tiff
from micrarium.exchange.ome_xml import write_ome_xml
from micrarium.exchange.ome_zarr import export_ome_zarr
from micrarium.formats import open_image_file
from micrarium.formats.ome_xml import parse_ome_xml
from micrarium.pixels.acquisition import Detector, DetectorSettings, Filter, LightPath, LightSettings, LightSource
from micrarium.pixels.plane_tables import PlaneTable, plane_table
from micrarium.pixels.source import ChannelDescription, ImageDescription
from micrarium.testing.sources import ArraySource


def without_ids(told: Any) -> Any:
    """The same parts, whatever a document calls them; references between them are compared by what they point to."""
    if isinstance(told, tuple):
        return tuple(without_ids(one) for one in told)
    if not hasattr(told, "__dataclass_fields__"):
        return told
    return type(told).__name__, {n: without_ids(getattr(told, n)) for n in told.__dataclass_fields__ if n not in ("id", "pump")}


def same_planes(one: PlaneTable | None, other: PlaneTable | None) -> bool:
    assert one is not None
    assert other is not None
    assert one.columns.keys() == other.columns.keys()
    assert {name: column.unit for name, column in one.columns.items()} == {n: column.unit for n, column in other.columns.items()}
    return all(np.array_equal(one.columns[name].values, other.columns[name].values, equal_nan=True) for name in one.columns)


@pytest.mark.parametrize("form", ["ome-tiff", "ome-zarr"])
def test_everything_survives_an_export(tmp_path: Path, form: str) -> None:
    out = tmp_path / ("out.ome.tif" if form == "ome-tiff" else "out.ome.zarr")
    with open_image_file(write_everything(tmp_path / "a.ome.tif")) as opened:
        told = opened.images[0].description
        if form == "ome-tiff":
            export_ome_tiff(opened.images[0], out)
        else:
            export_ome_zarr(opened.images[0], out, description=None)
    with open_image_file(out) as again:
        found = again.images[0].description
    assert same_planes(told.planes, found.planes)
    for name in ("detectors", "filters", "dichroics", "filter_sets"):
        assert without_ids(getattr(found.parts, name)) == without_ids(getattr(told.parts, name))
    sources = [sorted(map(repr, without_ids(one.parts.light_sources))) for one in (found, told)]
    assert sources[0] == sources[1], "OME has no order among sources of different kinds"
    lasers = [one for one in found.parts.light_sources if one.kind == "Laser"]
    assert len(lasers) == 2
    assert lasers[0].pump == lasers[1].id
    for one, other in zip(told.channels, found.channels, strict=True):
        assert without_ids(replace(one, window=None, color=None)) == without_ids(replace(other, window=None, color=None))
    assert (found.environment, found.stage) == (told.environment, told.stage)
    assert found.experiment is not None
    assert told.experiment is not None
    assert (found.experiment.type, found.experiment.description) == (told.experiment.type, told.experiment.description)
    assert found.objective == told.objective
    assert {**found.instrument} == {**told.instrument}
    assert found.experimenter == told.experimenter


def test_parts_that_only_a_channel_names_become_parts_of_the_instrument() -> None:
    channel = ChannelDescription(
        detector=DetectorSettings(detector=Detector(id="a", type="PMT"), gain=2.0),
        light=LightSettings(source=LightSource(kind="Laser", model="x"), attenuation=2.0),
        light_path=LightPath(emission=(Filter(model="f"), Filter(model="g"))),
    )
    told = ImageDescription(channels=(channel, replace(channel, light=None)))
    (image,) = parse_ome_xml(write_ome_xml(ArraySource(np.zeros((1, 2, 1, 4, 4), np.uint8), description=told))).images
    assert [one.model for one in image.description.parts.filters] == ["f", "g"]
    assert len(image.description.parts.detectors) == 1
    light = image.description.channels[0].light
    assert light is not None
    assert (light.source.kind, light.attenuation) == ("Laser", None), "an attenuation of two is none"


def test_many_planes_are_written_and_too_many_are_not() -> None:
    planes = plane_table((5000, 2, 10), {"delta_t": (np.arange(5000.0).reshape(-1, 1, 1), "s")})
    source = ArraySource(np.zeros((5000, 2, 10, 1, 1), np.uint8), description=ImageDescription(planes=planes))
    (image,) = parse_ome_xml(write_ome_xml(source)).images
    assert same_planes(image.description.planes, planes)
    source = ArraySource(
        np.broadcast_to(np.uint8(0), (5001, 2, 10, 1, 1)),
        description=ImageDescription(planes=plane_table((5001, 2, 10), {"delta_t": (1.0, "s")})),
    )
    assert "<Plane " not in write_ome_xml(source)
