"""What a blind review shows of texts: words of closed lists, and nothing that tells whose they are."""

from __future__ import annotations

import pytest

from micrarium.actions.blinding import blind, neutral_channel, scrub
from micrarium.permissions import Reach


@pytest.mark.parametrize(
    "name", ["DAPI", "EGFP", "Alexa Fluor 488", "Cy5", "mCherry", "TL-DIC", "H2B-GFP", "ch 2", "Hoechst 33342"]
)
def test_a_channel_keeps_the_name_of_its_fluorophore(name: str) -> None:
    assert neutral_channel(name, 0) == name


@pytest.mark.parametrize(
    "name", ["Ada's dye", "GFP 2024-03-17", "Jane GFP", "/data/ada", "GFP of Tim", "", None, "ada@x.org", "DAPI 17032024"]
)
def test_a_channel_that_says_more_becomes_a_number(name: str | None) -> None:
    assert neutral_channel(name, 2) == "Channel 3"


@pytest.mark.parametrize(
    "text",
    ["by Ada Lovelace", "ada@kcl.ac.uk", "2024-03-17", "17.03.2024", "20240317", "17 March 2024", "Mar 17, 2024", "in 2024",
     "at 14:03",
     "/mnt/ada/raw", r"D:\Lab\ada\x.czi",
     "https://kcl.ac.uk/~ada", "0000-0002-1825-0097", "ADA", "King's College"],
)  # fmt: skip
def test_people_places_paths_and_dates_are_taken_out_of_a_text(text: str) -> None:
    told = scrub(f"treated, {text}, washed", ("Lovelace", "King's College", "Ada", "ada"))
    assert told.startswith("treated, ")
    assert told.endswith("washed")
    for trace in ("ada", "lovelace", "2024", "17", "14:03", "kcl", "1825", "king"):
        assert trace not in told.lower(), told


def test_what_was_measured_stays_as_it_was() -> None:
    for text in ("10 µM nocodazole for 3 h", "HeLa, passage 12", "37 °C, 5 % CO2", "p < 0.05", "1:500"):
        assert scrub(text, ("Ada",)) == text


def test_only_closed_texts_numbers_and_shown_pairs_pass() -> None:
    answer = {
        "items": [
            {
                "id": 3,
                "name": "Ada's cells",
                "owner_id": 7,
                "created_at": "2024-03-17",
                "description": "x",
                "size": 5,
                "size_unit": "µm",
            },
            {"id": 4, "name": "b", "size_unit": "Ada", "color": "FF0000", "acquisition_mode": "WideField", "model": "Ada's own"},
        ],
        "next": None,
    }
    told = blind(answer, Reach(is_blind=True), noun="image")["items"]
    assert told[0] == {
        "id": 3, "name": "Image 3", "owner_id": None, "created_at": None, "description": None, "size": 5, "size_unit": "µm"
    }  # fmt: skip
    assert told[1] == {
        "id": 4, "name": "Image 4", "size_unit": None, "color": "FF0000", "acquisition_mode": "WideField", "model": None
    }  # fmt: skip
    said = [
        {"id": 1, "type": "CommentAnnotation", "text_value": "Ada"},
        {"id": 2, "type": "MapAnnotation", "map_value": [["a", "b"], ["c", "d"]], "link_id": 5, "link_owner_id": 7},
    ]
    shown = {"id": 2, "type": "MapAnnotation", "map_value": [["c", "d"]], "link_id": 5, "link_owner_id": None}
    assert blind(said, Reach(is_blind=True, shown_keys=("c",))) == [shown]
