"""Projects, datasets and folders. Containment is many-to-many, by links that have owners."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.annotations import annotatable
from micrarium.model.base import Owned, make_link, referring
from micrarium.model.images import Image
from micrarium.model.rois import Roi


@annotatable
class Project(Owned):
    """A container of datasets."""

    name: Mapped[str] = mapped_column(String(1000), index=True)
    description: Mapped[str | None] = mapped_column(Text)


@annotatable
class Dataset(Owned):
    """A container of images."""

    name: Mapped[str] = mapped_column(String(1000), index=True)
    description: Mapped[str | None] = mapped_column(Text)


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
