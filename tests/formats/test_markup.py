"""XML that is made to harm whoever reads it is refused at once, in one clear sentence."""

from __future__ import annotations

import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from tests.formats.test_made_czis import Piece, write_czi
from tests.formats.test_made_czis import pixels as czi_pixels

from micrarium.errors import UnreadableFile
from micrarium.formats.markup import parse_xml
from micrarium.formats.ome_xml import parse_ome_xml
from micrarium.formats.opening import open_image_file

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><OME>&a9;</OME>"
)
QUADRATIC = f'<!DOCTYPE OME [<!ENTITY a "{"x" * 50_000}">]><OME>{"&a;" * 50_000}</OME>'
DEEP = "<OME>" * 100_000 + "</OME>" * 100_000


@pytest.mark.parametrize(
    "text", [LAUGHS, QUADRATIC, DEEP, LAUGHS.replace("1.0", "1.0", 1)], ids=["laughs", "quadratic", "deep", "again"]
)
@pytest.mark.parametrize("encoding", [None, "utf-8", "utf-16"])
def test_a_document_that_grows_without_bounds_is_refused_in_no_time(text: str, encoding: str | None) -> None:
    began = time.perf_counter()
    with pytest.raises(ElementTree.ParseError, match=r"document type|levels"):
        parse_xml(text if encoding is None else text.encode(encoding))
    assert time.perf_counter() - began < 2


def test_a_document_that_names_another_file_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not tell")
    for declared in (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', f'<!ENTITY % x SYSTEM "{secret.as_uri()}"> %x;'):
        with pytest.raises(UnreadableFile, match="document type") as refused:
            parse_ome_xml(f"<!DOCTYPE OME [{declared}]><OME>&x;</OME>")
        assert "do not tell" not in str(refused.value)


def test_what_is_plain_is_read_as_before() -> None:
    root = parse_xml('<?xml version="1.0" encoding="UTF-8"?><!-- said --><OME a="µ &amp; &#65;"><b/>text</OME>'.encode())
    assert (root.tag, root.attrib["a"], [child.tag for child in root]) == ("OME", "µ & A", ["b"])


def test_files_that_carry_such_documents_are_told_or_read_without_them(tmp_path: Path) -> None:
    path = tmp_path / "bomb.ome.tif"
    described = LAUGHS.replace("<OME>", '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">')
    tifffile.imwrite(path, np.zeros((8, 8), np.uint8), description=described, metadata=None)
    began = time.perf_counter()
    with open_image_file(path) as opened:
        assert "ha" * 10 not in str(opened.images[0].description)
    czi = write_czi(tmp_path / "bomb.czi", [Piece(czi_pixels(8, 8), {"X": 0, "Y": 0})], xml=LAUGHS)
    with open_image_file(czi) as opened:
        assert opened.images[0].levels
    assert time.perf_counter() - began < 5
