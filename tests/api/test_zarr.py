"""Live OME-Zarr as ordinary clients read it: over a real port, with ranges, without listings."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from micrarium.testing.files import numbered_pixels, write_ome_zarr, write_plate
from micrarium.testing.servers import TemporaryServer

Pixels = np.ndarray[Any, np.dtype[Any]]


class Served:
    """An image and a plate on a running server, with their pixels."""

    def __init__(self, server: TemporaryServer, folder: Path) -> None:
        self.server = server
        # The runner may leave this module and come back to it on the same server, which knows a file by its bytes.
        seed = secrets.randbelow(2**16)
        self.pixels = numbered_pixels(2, 3, 2, 70, 90, seed=seed)
        self.label = (self.pixels[:, :1] % 5).astype("uint16")
        image = write_ome_zarr(folder / "live.ome.zarr", self.pixels, label=self.label)
        self.image_id = self._import(image, "images")
        self.plate_seed = 1000 * seed
        self.plate_id = self._import(write_plate(folder / "plate.ome.zarr", seed=self.plate_seed), "plates")

    def _import(self, path: Path, kind: str) -> int:
        from micrarium.client import connect

        with connect(self.server.url, token=self.server.token) as client:
            job = client.connection.send("POST", "/api/v1/imports", {"paths": [str(path)]})
            result = client.wait(job)["result"]
            assert result["failed"] == [], result
            return int(result[kind][0])

    @property
    def image(self) -> str:
        return f"{self.server.url}/zarr/t/{self.server.token}/images/{self.image_id}.ome.zarr"

    @property
    def plate(self) -> str:
        return f"{self.server.url}/zarr/t/{self.server.token}/plates/{self.plate_id}.ome.zarr"


@pytest.fixture(scope="module")
def served(server: TemporaryServer, tmp_path_factory: pytest.TempPathFactory) -> Served:
    return Served(server, tmp_path_factory.mktemp("served"))


def open_group(url: str) -> Any:
    import zarr

    return zarr.open_group(url, mode="r")


def test_zarr_python_reads_every_pixel(served: Served) -> None:
    group = open_group(served.image)
    multiscale = group.attrs["ome"]["multiscales"][0]
    assert [axis["name"] for axis in multiscale["axes"]] == list("tczyx")
    np.testing.assert_array_equal(group[multiscale["datasets"][0]["path"]][...], served.pixels)
    np.testing.assert_array_equal(group["labels/cells/0"][...], served.label)


def test_tensorstore_reads_every_pixel(served: Served) -> None:
    import tensorstore

    spec = {"driver": "zarr3", "kvstore": {"driver": "http", "base_url": f"{served.image}/", "path": "0/"}}
    np.testing.assert_array_equal(tensorstore.open(spec).result().read().result(), served.pixels)


def test_ome_zarr_models_finds_image_labels_and_plate_valid(served: Served) -> None:
    from ome_zarr_models.v05.hcs import HCS
    from ome_zarr_models.v05.image import Image

    image: Any = Image.from_zarr(open_group(served.image))
    assert [channel["label"] for channel in image.ome_attributes.omero["channels"]] == ["DNA", "Actin", "Tubulin"]
    plate = HCS.from_zarr(open_group(served.plate))
    assert [well.path for well in plate.ome_attributes.plate.wells] == ["A/1", "A/2", "B/12"]


def test_the_client_reads_lazily_and_in_whole(served: Served) -> None:
    from micrarium.client import connect

    with connect(served.server.url, token=served.server.token) as client:
        np.testing.assert_array_equal(np.asarray(client.image(served.image_id).dask()[1, 2]), served.pixels[1, 2])


def test_a_plate_leads_to_the_pixels_of_its_fields(served: Served) -> None:
    plate = open_group(served.plate)
    for number, path in enumerate(("A/1", "A/2", "B/12")):
        well = plate[path]
        images = well.attrs["ome"]["well"]["images"]
        assert [image["path"] for image in images] == ["0", "1"]
        for field in range(2):
            expected = numbered_pixels(1, 2, 1, 32, 48, seed=served.plate_seed + 100 * number + field)
            np.testing.assert_array_equal(well[f"{field}/0"][...], expected)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=5-", slice(5, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=-9999999", slice(0, None)),
        ("bytes=3-99999999", slice(3, None)),
    ],
)
@pytest.mark.parametrize("key", ["zarr.json", "0/c/0/0/0/0/0"])
def test_ranges_give_their_part(served: Served, key: str, asked: str, part: slice) -> None:
    whole = httpx.get(f"{served.image}/{key}")
    assert whole.status_code == 200
    answer = httpx.get(f"{served.image}/{key}", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == whole.content[part]
    start = len(whole.content) - len(answer.content) if part.stop is None else part.start
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(answer.content) - 1}/{len(whole.content)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_satisfied(served: Served, asked: str) -> None:
    answer = httpx.get(f"{served.image}/zarr.json", headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("asked", ["bytes=5-2", "lines=1-2", "bytes=0-1,5-6", "bytes=-", "nonsense"])
def test_a_range_that_makes_no_sense_is_passed_over(served: Served, asked: str) -> None:
    answer = httpx.get(f"{served.image}/zarr.json", headers={"Range": asked})
    assert answer.status_code == 200
    assert json.loads(answer.content)["node_type"] == "group"


@pytest.mark.parametrize("key", ["zarr.json", "0/zarr.json", "0/c/1/2/1/0/0", "labels/zarr.json", "labels/cells/0/c/0/0/0/0/0"])
def test_what_is_known_is_not_sent_again_and_heads_tell_the_size(served: Served, key: str) -> None:
    url = f"{served.image}/{key}"
    first = httpx.get(url)
    again = httpx.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = httpx.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(first.content))
    assert head.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    "key",
    [
        ".zattrs", ".zgroup", "0/.zarray", "0/c/0/0/0/9/0", "0/c/2/0/0/0/0", "7/zarr.json", "0/c/0/0", "labels/none/zarr.json",
        "0/c/00/0/0/0/0", "../../zarr.json", "0/c/-1/0/0/0/0", "nonsense",
    ],
)  # fmt: skip
def test_a_missing_key_is_not_found_and_pages_of_other_sites_may_know(served: Served, key: str) -> None:
    answer = httpx.get(f"{served.image}/{key}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "key", ["C/zarr.json", "A/3/zarr.json", "A/1/2/zarr.json", "A/01/zarr.json", "a/1/zarr.json", "A/1/x", "1/A"]
)
def test_a_missing_key_of_a_plate_is_not_found(served: Served, key: str) -> None:
    assert httpx.get(f"{served.plate}/{key}").status_code == 404


def test_slashes_at_the_end_do_no_harm(served: Served) -> None:
    wanted = httpx.get(f"{served.image}/zarr.json").content
    for url in (served.image, f"{served.image}/", f"{served.image}//zarr.json", f"{served.image}/zarr.json/"):
        assert httpx.get(url).content == wanted


def test_pages_of_other_sites_may_ask(served: Served) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    allowed = httpx.options(f"{served.image}/zarr.json", headers=asked)
    assert allowed.status_code == 204
    assert "range" in allowed.headers["Access-Control-Allow-Headers"].lower()
    answer = httpx.get(f"{served.image}/zarr.json", headers={"Origin": "https://example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert all(name in exposed for name in ("ETag", "Content-Range", "Content-Length"))


def test_nobody_sees_anything_without_a_key_and_a_key_withdrawn_opens_nothing(served: Served) -> None:
    server, path = served.server, f"/zarr/images/{served.image_id}.ome.zarr/0/c/0/0/0/0/0"
    assert httpx.get(f"{server.url}{path}").status_code == 401
    assert httpx.get(f"{server.url}{path}", headers=server.headers).status_code == 200
    assert httpx.get(f"{server.url}/zarr/t/nonsense/images/{served.image_id}.ome.zarr/zarr.json").status_code == 401
    with httpx.Client(base_url=server.url, headers=server.headers) as admin:
        token = admin.post("/api/v1/tokens", json={"name": "short"}).json()
        url = f"{server.url}/zarr/t/{token['token']}/images/{served.image_id}.ome.zarr/0/c/0/0/0/0/0"
        known = httpx.get(url)
        assert known.status_code == 200
        assert admin.delete(f"/api/v1/tokens/{token['id']}").status_code == 204
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"If-None-Match": known.headers["ETag"]}).status_code == 401


def test_the_channels_follow_the_persons_settings(served: Served) -> None:
    server = served.server
    with httpx.Client(base_url=server.url, headers=server.headers) as admin:
        path = f"/api/v1/images/{served.image_id}/rendering"
        change = {"channels": [{"index": 1, "color": "12AB34", "start": 3, "end": 77, "active": False}]}
        assert admin.put(path, json=change).status_code == 200
        shown = httpx.get(f"{served.image}/zarr.json").json()["attributes"]["ome"]["omero"]["channels"][1]
        assert (shown["color"], shown["active"], shown["window"]["start"], shown["window"]["end"]) == ("12AB34", False, 3, 77)
        assert admin.delete(path).status_code == 200
