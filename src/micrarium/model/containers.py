"""Projects and datasets. Containment is many-to-many, by links that have owners."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.annotations import annotatable
from micrarium.model.base import Owned, make_link
from micrarium.model.images import Image


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


ProjectDatasetLink = make_link(Project, Dataset)
DatasetImageLink = make_link(Dataset, Image)
