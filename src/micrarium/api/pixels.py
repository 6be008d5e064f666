"""Pictures of images over HTTP: thumbnails, planes, regions and histograms."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from micrarium.actions.rendering import count_values, draw_region, draw_thumbnail, prepare_drawing
from micrarium.api.conditional import answer_bytes, caching, is_known, not_modified
from micrarium.api.edge import answer, reading, site_of
from micrarium.render.encoding import MEDIA_TYPES
from micrarium.render.regions import render_region

router = APIRouter(tags=["pixels"])

Picture = Literal["jpeg", "png", "webp"]
Index = Annotated[int, Query(ge=0)]
Side = Annotated[int | None, Query(ge=1)]
Quality = Annotated[int, Query(ge=1, le=100)]
Size = Annotated[int, Query(ge=16, le=1024)]
Text = Annotated[str | None, Query()]


_PICTURES: dict[int | str, dict[str, Any]] = {200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}}


@router.get("/images/{image_id}/thumbnail", response_class=Response, responses=_PICTURES)
def show_thumbnail(request: Request, image_id: int, size: Size = 256, format: Picture = "jpeg") -> Response:  # noqa: A002  # the query parameter's name
    """A picture of the image with its longer side of that size."""
    site = site_of(request)
    with reading(request) as session:
        drawing = prepare_drawing(session, site, image_id)
    tag = drawing.tag("thumbnail", size, format)
    if is_known(request, tag):
        return not_modified(tag)
    return answer_bytes(request, draw_thumbnail(site, drawing, size=size, kind=format), media_type=MEDIA_TYPES[format], tag=tag)


@router.get("/images/{image_id}/plane", response_class=Response, responses=_PICTURES)
def show_plane(
    request: Request,
    image_id: int,
    z: Index | None = None,
    t: Index | None = None,
    format: Picture = "jpeg",  # noqa: A002  # the query parameter's name
    quality: Quality = 85,
    c: Text = None,
    m: Text = None,
    p: Text = None,
    z_start: Text = None,
    z_end: Text = None,
) -> Response:
    """A rendered plane of at most 4096 x 4096 pixels, by default the one the settings start with."""
    given = {"c": c, "m": m, "p": p, "z_start": z_start, "z_end": z_end}
    return _show(request, image_id, given, {"z": z, "t": t}, kind=format, quality=quality)


@router.get("/images/{image_id}/region", response_class=Response, responses=_PICTURES)
def show_region(
    request: Request,
    image_id: int,
    x: Index = 0,
    y: Index = 0,
    width: Side = None,
    height: Side = None,
    level: Index = 0,
    z: Index | None = None,
    t: Index | None = None,
    format: Picture = "jpeg",  # noqa: A002  # the query parameter's name
    quality: Quality = 85,
    c: Text = None,
    m: Text = None,
    p: Text = None,
    z_start: Text = None,
    z_end: Text = None,
) -> Response:
    """A rendered region of a level, cut where it reaches over the far edges."""
    given = {"c": c, "m": m, "p": p, "z_start": z_start, "z_end": z_end}
    region = {"x": x, "y": y, "width": width, "height": height, "level": level, "z": z, "t": t}
    return _show(request, image_id, given, region, kind=format, quality=quality)


def _show(
    request: Request, image_id: int, given: dict[str, str | None], region: dict[str, Any], *, kind: str, quality: int
) -> Response:
    site = site_of(request)
    with reading(request) as session:
        parameters = {name: value for name, value in given.items() if value is not None}
        drawing = prepare_drawing(session, site, image_id, parameters=parameters)
    region["z"] = drawing.view.default_z if region["z"] is None else region["z"]
    region["t"] = drawing.view.default_t if region["t"] is None else region["t"]
    tag = drawing.tag(render_region.__name__, sorted(region.items()), kind, quality)
    if is_known(request, tag):
        return not_modified(tag)
    picture = draw_region(site, drawing, kind=kind, quality=quality, **region)
    return answer_bytes(request, picture, media_type=MEDIA_TYPES[kind], tag=tag)


@router.get("/images/{image_id}/histogram")
def show_histogram(
    request: Request,
    image_id: int,
    channel: Index = 0,
    z: Index = 0,
    t: Index = 0,
    bins: Annotated[int, Query(ge=1, le=65536)] = 256,
) -> Response:
    """How often values occur in one plane, counted in a level that is small enough to be quick."""
    site = site_of(request)
    with reading(request) as session:
        drawing = prepare_drawing(session, site, image_id)
    tag = f"h{drawing.location.tag}.{channel}.{z}.{t}.{bins}"
    if is_known(request, tag):
        return not_modified(tag)
    found = count_values(site, drawing.location, channel=channel, z=z, t=t, bins=bins)
    return answer({"min": found.minimum, "max": found.maximum, "counts": found.counts}, headers=caching(tag))
