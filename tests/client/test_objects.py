from __future__ import annotations

import pytest

from micrarium.client import Client, Image, connect
from micrarium.errors import InvalidInput, NotFound, NotSignedIn, StaleVersion, Unavailable, UsageError
from micrarium.testing.servers import TemporaryServer


def test_one_signs_in_with_a_name_and_password(server: TemporaryServer) -> None:
    with connect(server.url, username="admin", password=server.admin_password) as client:
        assert client.session["user"]["username"] == "admin"
        assert client.create("dataset", name="By a browser's way").name == "By a browser's way"


def test_scripts_sign_in_by_their_environment(server: TemporaryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICRARIUM_URL", server.url)
    monkeypatch.setenv("MICRARIUM_TOKEN", server.token)
    with connect() as client:
        assert client.session["user"]["username"] == "admin"


def test_who_may_not_come_in_is_told(server: TemporaryServer) -> None:
    with pytest.raises(NotSignedIn):
        connect(server.url, username="admin", password="wrong")
    with pytest.raises(NotSignedIn):
        connect(server.url, token="wrong")
    with pytest.raises(NotSignedIn):
        connect(server.url)


def test_without_an_address_one_is_asked_for_one() -> None:
    with pytest.raises(UsageError, match="MICRARIUM_URL"):
        connect()
    with pytest.raises(Unavailable):
        connect("http://127.0.0.1:9", token="x")


def test_fields_are_attributes_and_can_be_changed(client: Client) -> None:
    dataset = client.create("dataset", name="Mitosis", description="day 3")
    assert (dataset.name, dataset.description) == ("Mitosis", "day 3")
    dataset.update(name="Mitosis, day 3")
    assert client.get(str(dataset.reference)).name == "Mitosis, day 3"
    assert next(sorted(entry["changes"]) for entry in dataset.history if entry["changes"]) == ["name"]
    with pytest.raises(AttributeError, match=r"it has .*description"):
        dataset.nonsense  # noqa: B018 - reading it is what is tested


def test_a_change_of_what_somebody_else_changed_is_refused(client: Client) -> None:
    mine = client.create("dataset", name="one")
    theirs = client.get(str(mine.reference))
    theirs.update(name="two")
    with pytest.raises(StaleVersion):
        mine.update(name="three")
    with pytest.raises(StaleVersion):
        mine.delete()
    mine.refresh()
    assert mine.name == "two"
    mine.update(name="three")
    mine.update(name="four")
    mine.delete()
    with pytest.raises(NotFound, match=f"dataset:{mine.id}"):
        client.get(str(mine.reference))


def test_what_the_server_refuses_comes_back_as_its_error_with_its_field(client: Client) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.create("dataset", name="x", nonsense=1)
    assert caught.value.field is not None


def test_lists_fetch_pages_as_one_goes_through_them(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("micrarium.client.listing.PAGE", 3)
    project = client.create("project", name="Pages")
    made = [client.create("dataset", name=f"page test {number}") for number in range(8)]
    found = client.datasets(**{"name~": "page test"}, sort="-id", id=[entity.id for entity in made])
    assert [entity.id for entity in found] == [entity.id for entity in reversed(made)]
    assert [entity.id for entity in found[2:5]] == [made[5].id, made[4].id, made[3].id]
    assert found[-1] == made[0]
    assert found.first() == made[-1]
    rows, following = found.take(4)
    assert len(rows) == 4
    assert following is not None
    with pytest.raises(NotFound):
        client.projects(name=project.name + "x").first()
    with pytest.raises(IndexError):
        found[8]


def test_a_client_knows_the_kinds_of_the_server(client: Client) -> None:
    assert {"images", "datasets", "plates", "annotations", "rois", "well_samples"} <= client.collections
    assert "datasets" in dir(client)
    with pytest.raises(AttributeError, match="datasets"):
        client.nonsense  # noqa: B018 - reading it is what is tested


def test_objects_are_tagged_commented_and_given_key_values(client: Client) -> None:
    dataset = client.create("dataset", name="annotated")
    tag = dataset.tag("mitosis-of-this-test")
    assert client.create("dataset", name="other").tag("mitosis-of-this-test") == tag
    dataset.comment("best of all")
    dataset.set_key_values({"Organism": "Homo sapiens", "Stain": ["DAPI", "GFP"]})
    assert dataset.tags == ["mitosis-of-this-test"]
    assert dataset.key_values == [("Organism", "Homo sapiens"), ("Stain", "DAPI"), ("Stain", "GFP")]
    dataset.set_key_values([("Organism", "Mus musculus")])
    assert dataset.key_values == [("Organism", "Mus musculus")]
    dataset.add_key_values({"Organism": "Mus musculus", "Age": "3 d"})
    assert dataset.key_values == [("Organism", "Mus musculus"), ("Age", "3 d")]
    dataset.set_key_values({"Source": "import"}, namespace="example.org/machine")
    assert dict(dataset.key_values) == {"Organism": "Mus musculus", "Age": "3 d", "Source": "import"}
    assert sorted(entity.type for entity in dataset.annotations) == [
        "CommentAnnotation",
        "MapAnnotation",
        "MapAnnotation",
        "TagAnnotation",
    ]
    dataset.remove_annotation(tag)
    assert dataset.tags == []
    assert client.get(str(tag.reference)).text_value == "mitosis-of-this-test"


def test_objects_are_found_by_words_and_key_values(client: Client) -> None:
    dataset = client.create("dataset", name="Zebrafish hindbrain")
    dataset.set_key_values({"Organism": "Danio rerio"})
    assert dataset in list(client.search("zebrafish hind"))
    assert dataset in list(client.search('organism="danio rerio"', type="dataset"))
    assert dataset not in list(client.search('organism="danio"', type="dataset"))


def test_objects_show_themselves_in_a_notebook(client: Client, image: Image) -> None:
    dataset = client.create("dataset", name="<b>bold</b>")
    assert repr(dataset) == f"<dataset:{dataset.id} '<b>bold</b>'>"
    assert "&lt;b&gt;bold" in dataset._repr_html_()
    assert "data:image/jpeg;base64," in image._repr_html_()
    html = client.images(id=image.id)._repr_html_()
    assert html.count("<tr>") == 2
    assert "data:image/jpeg;base64," in html
    assert repr(image) in repr(client.images(id=image.id))
