"""Projects, datasets and folders. Containment is many-to-many, by links that have owners."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.annotations import annotatable
from micrarium.model.base import Owned, make_link, referring
from micrarium.model.images import Image
from micrarium.model.rois import Roi

#: Why images are sensitive: of people, and of people who could be told from them.
SENSITIVITIES = ("human", "re-identifiable")


@annotatable
class Project(Owned):
    """A container of datasets."""

    name: Mapped[str] = mapped_column(String(1000), index=True)
    description: Mapped[str | None] = mapped_column(Text)


@annotatable
class Dataset(Owned):
    """A container of images.

    ``sensitivity`` says that its images are of people: each look at them is recorded, and sharing or exporting them, or taking
    them out of the last dataset that says so, takes a reason.
    """

    name: Mapped[str] = mapped_column(String(1000), index=True)
    description: Mapped[str | None] = mapped_column(Text)
    sensitivity: Mapped[str | None] = mapped_column(String(20), index=True, info={"choices": SENSITIVITIES})


@annotatable
class Folder(Owned):
    """A container of images and of regions of interest, which may lie in another folder."""

    name: Mapped[str | None] = mapped_column(String(1000), index=True)
    description: Mapped[str | None] = mapped_column(Text)
    parent_folder_id: Mapped[int | None] = referring("folder")


ProjectDatasetLink = make_link(Project, Dataset)
DatasetImageLink = make_link(Dataset, Image)
FolderImageLink = make_link(Folder, Image)
FolderRoiLink = make_link(Folder, Roi)
