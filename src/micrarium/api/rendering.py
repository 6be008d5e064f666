"""How an image is shown to whoever is asking, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from micrarium.actions.rendering import forget_rendering, save_rendering, view_image
from micrarium.api.edge import answer, reading, writing

router = APIRouter(tags=["pixels"])


class ChannelChange(BaseModel):
    """How one channel shall be shown; what is left out stays as it is."""

    index: int = Field(ge=0)
    active: bool | None = None
    color: str | None = None
    start: float | None = None
    end: float | None = None
    inverted: bool | None = None
    family: str | None = None
    coefficient: float | None = None


class RenderingChange(BaseModel):
    """How an image shall be shown; what is left out stays as it is."""

    model: str | None = None
    default_z: int | None = None
    default_t: int | None = None
    channels: list[ChannelChange] = []


@router.get("/images/{image_id}/rendering")
def show_rendering(request: Request, image_id: int) -> Response:
    """The person's settings, else the owner's, else the import's."""
    with reading(request) as session:
        return answer(view_image(session, image_id).to_json())


@router.put("/images/{image_id}/rendering")
def keep_rendering(request: Request, image_id: int, wanted: RenderingChange) -> Response:
    """Save settings for the person."""
    with writing(request) as session:
        return answer(save_rendering(session, image_id, wanted.model_dump()).to_json())


@router.delete("/images/{image_id}/rendering")
def drop_rendering(request: Request, image_id: int) -> Response:
    """Forget the person's own settings; answers those that hold then."""
    with writing(request) as session:
        return answer(forget_rendering(session, image_id).to_json())
