from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import cv2
import dask
import numpy as np
import pytest
import tifffile

from micrarium.client import Client, Image, connect
from micrarium.testing.servers import TemporaryServer


def decode(picture: bytes) -> np.ndarray[Any, Any]:
    """The pixels of a JPEG or PNG."""
    found = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found


def test_pixels_are_read_chunk_by_chunk_as_they_were_imported(image: Image, stack_file: Path) -> None:
    truth = tifffile.imread(stack_file).swapaxes(0, 1)[np.newaxis]
    array = image.array()
    assert array.shape == (1, 2, 3, 70, 90)
    assert (np.asarray(array[0, 1, 2, 10:20, 30:40]) == truth[0, 1, 2, 10:20, 30:40]).all()
    assert (np.asarray(array[:]) == truth).all()


def test_dask_reads_nothing_before_it_computes_and_then_the_pixels(image: Image, stack_file: Path) -> None:
    lazy = image.dask()
    assert lazy.shape == (1, 2, 3, 70, 90)
    with dask.config.set(scheduler="threads"):
        assert int(lazy.max().compute()) == int(tifffile.imread(stack_file).max())


def test_arrays_travel_to_other_processes(image: Image, stack_file: Path) -> None:
    array = pickle.loads(pickle.dumps(image.array()))  # noqa: S301 - what was pickled a moment ago
    assert (np.asarray(array[0, 0, 0]) == tifffile.imread(stack_file)[0, 0]).all()
    array.store.connection.close()


def test_a_session_reads_pixels_as_a_token_does(server: TemporaryServer, image: Image) -> None:
    with connect(server.url, username="admin", password=server.admin_password) as client:
        assert client.image(image.id).array().shape == (1, 2, 3, 70, 90)


def test_a_level_that_is_not_there_is_told(image: Image) -> None:
    with pytest.raises(IndexError, match="levels"):
        image.array(level=9)


def test_large_images_have_levels(client: Client, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "large.tif", np.full((2400, 2600), 9, np.uint8), tile=(256, 256))
    (large,) = client.import_files(tmp_path / "large.tif").objects
    levels = large.ome_metadata["multiscales"][0]["datasets"]
    assert [large.array(level).shape[-2:] for level in range(len(levels))] == [(2400, 2600), (1200, 1300), (600, 650), (300, 325)]
    assert (np.asarray(large.array(3)[0, 0, 0]) == 9).all()


def test_pictures_have_the_size_and_kind_that_were_asked_for(image: Image) -> None:
    assert decode(image.thumbnail(size=64)).shape == (50, 64, 3)
    assert decode(image.plane(z=1, format="png")).shape == (70, 90, 3)
    assert decode(image.region(x=5, y=6, width=40, height=30)).shape == (30, 40, 3)


def test_an_image_knows_its_pixels_channels_and_where_it_is(client: Client, image: Image) -> None:
    for pixels in (image.pixels, client.image(image.id).pixels, client.get(str(image.reference), include="pixels").pixels):
        assert (pixels.size_x, pixels.size_z, pixels.physical_size_x) == (90, 3, 0.25)
    assert [channel.name for channel in client.get(str(image.reference), include="channels").channels] == ["DAPI", "GFP"]
    assert image in list(client.datasets(name="Stacks").first().images)
