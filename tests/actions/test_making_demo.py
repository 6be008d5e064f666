"""The demo is imported as anybody's files are, described, and found again."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from micrarium.actions.demonstrating import DemoFile, describing, make_demo, making
from micrarium.actions.demonstrating.writing import WEIGHTS
from micrarium.actions.opening import Site, admin_actor
from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    CommentAnnotation,
    Dataset,
    Image,
    MapAnnotation,
    Plate,
    Polygon,
    Project,
    Roi,
    Screen,
    TagAnnotation,
    Well,
)
from micrarium.permissions import open_session, visible


def lend(demo: dict[str, DemoFile], site: Site) -> None:
    """Put the demo files where a site would write them: written files are kept, so that each test need not draw anew."""
    for file in demo.values():
        target = site.data / "demo-files" / file.path.name
        if file.path.is_dir():
            shutil.copytree(file.path, target, copy_function=os.link)
        else:
            target.parent.mkdir(exist_ok=True)
            os.link(file.path, target)


def test_the_demo_is_there_described_and_made_only_once(site: Site, demo: dict[str, DemoFile]) -> None:
    lend(demo, site)
    actor = admin_actor(site)
    told: list[float] = []
    result = make_demo(site, actor, progress=lambda part, _doing: told.append(part))
    assert (len(result.images), len(result.plates)) == (5 + 192, 1)
    assert not result.failed
    assert told == sorted(told)
    assert not (site.data / "demo-files").exists(), "the files' bytes live among the originals now"
    with open_session(site.engine, actor, is_reading=True) as session:
        images = session.scalars(visible(Image, actor)).all()
        titles = {file.title for file in demo.values()}
        assert {image.name for image in images} & titles == titles - {"p65 translocation, plate 1"}
        assert {project.name for project in session.scalars(visible(Project, actor))} == {"Cell culture", "Tissue sections"}
        assert len(session.scalars(visible(Dataset, actor)).all()) == 5
        assert [screen.name for screen in session.scalars(visible(Screen, actor))] == ["p65 translocation screen"]
        assert [plate.name for plate in session.scalars(visible(Plate, actor))] == ["p65 translocation, plate 1"]
        assert Counter(tag.text_value for tag in session.scalars(visible(TagAnnotation, actor)))["demo"] == 1, "one tag, used again"
    again = make_demo(site, actor)
    assert (again.images, again.plates) == ([], [])
    check_said(site, demo[describing.STACK])


def check_said(site: Site, stack: DemoFile) -> None:
    """What is said of the stack and of the wells can be read back."""
    actor = admin_actor(site)
    with open_session(site.engine, actor, is_reading=True) as session:
        (image,) = session.scalars(visible(Image, actor).where(Image.name == stack.title)).all()
        link = ANNOTATION_LINKS[Image]
        carried = visible(Annotation, actor).join(link, link.child_id == Annotation.id).where(link.parent_id == image.id)
        annotations = session.scalars(carried).all()
        (pairs,) = [one.map_value for one in annotations if isinstance(one, MapAnnotation)]
        assert [tuple(pair) for pair in pairs] == list(stack.key_values), "in order, with repeated keys"
        assert {one.text_value for one in annotations if isinstance(one, TagAnnotation)} == set(stack.tags)
        assert [one.text_value for one in annotations if isinstance(one, CommentAnnotation)] == [stack.comment]
        rois = session.scalars(visible(Roi, actor).where(Roi.image_id == image.id).order_by(Roi.id)).all()
        assert [roi.name for roi in rois] == [outline.name for outline in stack.outlines]
        shape = rois[0].shapes[0]
        assert isinstance(shape, Polygon)
        assert shape.the_z == stack.outlines[0].z
        assert len(shape.points.split()) == len(stack.outlines[0].points)
        assert (
            len(session.scalars(visible(ANNOTATION_LINKS[Well], actor)).all())
            == len(session.scalars(visible(Well, actor)).all())
            == 96
        )


def test_an_interrupted_demo_goes_on_where_it_was(site: Site, demo: dict[str, DemoFile], monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the plate, whose many images the test above imports.
    names = (describing.FILM, describing.SEGMENTED, describing.STACK)
    monkeypatch.setattr(making, "WEIGHTS", {name: WEIGHTS[name] for name in names})
    lend(demo, site)
    actor = admin_actor(site)

    def interrupt(_part: float, doing: str) -> None:
        if doing == demo[describing.SEGMENTED].title:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo(site, actor, progress=interrupt)
    result = make_demo(site, actor)
    assert (len(result.images), len(result.plates)) == (2, 0)
    with open_session(site.engine, actor, is_reading=True) as session:
        found = [image.name for image in session.scalars(visible(Image, actor).order_by(Image.id))]
        assert found == [demo[name].title for name in names]


def test_ones_own_files_are_imported_instead(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "own.png"
    assert cv2.imwrite(str(path), np.arange(64 * 48, dtype=np.uint8).reshape(48, 64))
    actor = admin_actor(site)
    result = make_demo(site, actor, paths=[path])
    assert len(result.images) == 1
    with open_session(site.engine, actor, is_reading=True) as session:
        assert [image.name for image in session.scalars(visible(Image, actor))] == ["own.png"]
