from __future__ import annotations

import pytest

from micrarium.client.tables import choose_columns, describe_bytes, describe_value, render_fields, render_rows


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (0.1083333333, "0.108333"),
        ([["Organism", "Homo sapiens"], ["Organism", "Mus musculus"]], "Organism=Homo sapiens, Organism=Mus musculus"),
        (["DAPI", "GFP"], "DAPI, GFP"),
        ({"id": 4, "username": "ada"}, "ada"),
        ({"id": 4, "name": ""}, "4"),
        ([], ""),
        ("µm", "µm"),
    ],
)
def test_values_are_shown_in_words(value: object, text: str) -> None:
    assert describe_value(value) == text


def test_columns_that_tell_nothing_are_left_out_and_names_come_first() -> None:
    rows: list[dict[str, object]] = [
        {"description": None, "version": 1, "name": "a", "id": 1, "size_x": 3},
        {"description": "", "name": "b", "id": 2},
    ]
    assert choose_columns(rows) == ["id", "name", "size_x"]


def test_html_of_a_name_is_text_and_no_markup() -> None:
    evil = "<script>alert(1)</script>"
    for html in (render_rows(["name"], [{"name": evil}]), render_fields(evil, {"name": evil, evil: 1})):
        assert "<script" not in html
        assert "&lt;script" in html


def test_pictures_stand_before_their_rows() -> None:
    html = render_rows(["id"], [{"id": 1}, {"id": 2}], pictures=[b"\xff\xd8", None])
    assert html.count("data:image/jpeg;base64,/9g=") == 1
    assert html.count("<tr><td>") == 2


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (2.5e9, "2.5 GB"), (7e15, "7000.0 TB")]
)
def test_sizes_have_units(size: float, text: str) -> None:
    assert describe_bytes(size) == text
