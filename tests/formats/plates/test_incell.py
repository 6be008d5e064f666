"""Plates of IN Cell Analyzers, written as their .xdce files are described."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.formats.plates.making import first_pixels, write_plane

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.pixels.source import PlateDescription
from micrarium.testing.readers import ReaderTests


def _image(number: int, row: int, column: int, ids: tuple[int, int, int, int], name: str) -> str:
    field, time, wave, z = ids
    return (
        f'<Image acquisition_time_ms="{time * 5000 + number}" filename="{name}" version="1.0">'
        f'<Well label="{chr(64 + row)} - {column}"><Row number="{row}"/><Column number="{column}"/></Well>'
        f'<PlatePosition_um x="{1000 * field}" y="{-500 * row}"/><OffsetFromWellCenter x="1" y="2" units="um"/>'
        f'<FocusPosition z="{10 + z * 0.5}" units="um"/><Exposure time="{100 + wave}" unit="ms"/>'
        '<ExcitationFilter name="DAPI" unit=""/><EmissionFilter name="DAPI" unit=""/>'
        f'<Identifier field_index="{field}" time_index="{time}" wave_index="{wave}" z_index="{z}"/></Image>'
    )


def write_plate(folder: Path, *, name: str = "Screen 5", wells: tuple[tuple[int, int], ...] = ((1, 1), (8, 12))) -> Path:
    """A plate of two wells, two fields, two wavelengths and two z steps; the numbers of planes count up."""
    folder.mkdir(parents=True, exist_ok=True)
    images, number = [], 0
    for row, column in wells:
        for field in (0, 1):
            for wave, filters in enumerate(("DAPI - DAPI", "FITC - FITC")):
                for z in (0, 1):
                    file = f"{chr(64 + row)} - {column}(fld {field + 1} wv {filters} z {z + 1}).tif"
                    write_plane(folder / file, number)
                    images.append(_image(number, row, column, (field, 0, wave, z), file))
                    number += 1
    waves = "".join(
        f'<Wavelength index="{n}" imaging_mode="2-D"><ExcitationFilter name="{dye}" wavelength="{excitation}"/>'
        f'<EmissionFilter name="{dye}" wavelength="{emission}"/></Wavelength>'
        for n, (dye, excitation, emission) in enumerate((("DAPI", 350, 455), ("FITC", 490, 525)))
    )
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?><ImageStack><UUID value="7"/>'
        '<Application name="IN Cell Analyzer 2000" software_version="4.5"/><Creation date="2010-11-17" time="20:23:53"/>'
        '<Operator login="m\xfcller"/><AutoLeadAcquisitionProtocol name="p"><ObjectiveCalibration magnification="20.0" '
        'numerical_aperture="0.45" objective_name="Nikon 20X/0.45" pixel_height="0.37" pixel_width="0.37" unit="\xb5m" '
        'refractive_index="1.0"/><Camera name="CoolSnap"><Size height="30" width="40"/></Camera>'
        f'<Plate columns="12" rows="8" name="96 well"/><Wavelengths>{waves}</Wavelengths></AutoLeadAcquisitionProtocol>'
        f'<Images image_format="TIFF" number="{number}">{"".join(images)}</Images></ImageStack>'
    )
    path = folder / f"{name}.xdce"
    path.write_text(text, "latin-1")
    return path


def plate_index(folder: Path) -> Path:
    return write_plate(folder / "by index")


def plate_folder(folder: Path) -> Path:
    return write_plate(folder / "whole").parent


class TestInCellPlates(ReaderTests):
    reader = "incell"
    damages = 40
    paths = (plate_index, plate_folder)


def test_a_plate_is_read_from_any_of_its_files(tmp_path: Path) -> None:
    head = write_plate(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        with open_image_file(path) as opened:
            assert (opened.reader, opened.files[0], len(opened.files)) == ("incell", head, 17)
    with open_image_file(head) as opened:
        assert opened.plates == (PlateDescription("Screen 5", 8, 12),)
        assert [first_pixels(source) for source in opened.images] == [[[[n, n + 1], [n + 2, n + 3]]] for n in (0, 4, 8, 12)]
        about = opened.images[3].description
        assert about.name == "H12 field 2"
        assert [q.um for q in (about.physical_size_x, about.physical_size_z) if q] == [0.37, 0.5]
        assert about.stage_position_um == (1000.0, -4000.0, 10.0)
        assert [(c.name, c.excitation_nm, c.emission_nm, c.exposure_s) for c in about.channels] == [
            ("DAPI - DAPI", 350, 455, 0.1),
            ("FITC - FITC", 490, 525, 0.101),
        ]
        assert about.objective["lens_na"] == 0.45
        assert (about.instrument["model"], about.experimenter) == ("IN Cell Analyzer 2000", "müller")
        assert about.acquisition_date is not None
        assert about.acquisition_date.isoformat() == "2010-11-17T20:23:53+00:00"


def test_two_plates_in_a_folder_stay_apart(tmp_path: Path) -> None:
    write_plate(tmp_path, wells=((1, 1),))
    write_plate(tmp_path, name="Screen 6", wells=((2, 2),))
    assert [(one.path.name, len(one.files)) for one in find_filesets([tmp_path])] == [("Screen 5.xdce", 9), ("Screen 6.xdce", 9)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text[:2000], "cannot be read, it may be damaged or cut short"),
        (lambda text: text.replace("filename=", "file="), "names no images"),
        (lambda text: text.replace('<Row number="8"/>', '<Row number="800"/>'), "a well in row 800"),
        (lambda text: text.replace("<ImageStack>", '<!DOCTYPE a [<!ENTITY b "c">]><ImageStack>'), "declares a document type"),
    ],
)
def test_a_damaged_index_is_told_in_a_sentence(tmp_path: Path, change: object, why: str) -> None:
    head = write_plate(tmp_path)
    head.write_text(change(head.read_text("latin-1")), "latin-1")  # type: ignore[operator]
    with pytest.raises(UnreadableFile, match=why):
        open_image_file(head)
