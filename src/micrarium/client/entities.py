"""Objects on a server as Python objects: their fields as attributes, and what one can do with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from micrarium.client.names import ObjectName, pluralise, singularise
from micrarium.client.tables import describe_value, render_fields
from micrarium.errors import MicrariumError

if TYPE_CHECKING:
    import zarr

    from micrarium.client import Client
    from micrarium.client.listing import Listing

#: The namespace of key-values that people edit by hand.
HAND_EDITED = "openmicroscopy.org/omero/client/mapAnnotation"

KeyValues = Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]]


class Entity:
    """An object on a server. Its fields are attributes (``image.name``); what lies in it, too (``dataset.images``).

    The fields are as they were when the object was read; ``refresh()`` reads them again.
    """

    def __init__(self, client: Client, kind: str, fields: dict[str, Any]) -> None:
        self._client = client
        self.kind = kind
        self.fields = fields

    @property
    def reference(self) -> ObjectName:
        """The object's one name everywhere: ``image:12``."""
        return ObjectName(self.kind, int(self.fields["id"]))

    @property
    def url(self) -> str:
        """The address of the object's page."""
        return f"{self._client.connection.url}/{pluralise(self.kind)}/{self.reference.id}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.fields:
            return self._wrap(name, self.fields[name])
        if name in self._client.collections:
            return self._client.list(name, **{self.kind: self.reference.id})
        raise AttributeError(f"{self.reference} has no field {name!r}; it has {', '.join(self.fields)}")

    def _wrap(self, name: str, value: Any) -> Any:
        embeds = isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "id" in item for item in value)
        if embeds and name in self._client.collections:
            return [self._client.wrap(item, kind=singularise(name)) for item in value]
        return value

    def __dir__(self) -> Iterable[str]:
        return sorted({*super().__dir__(), *self.fields})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and (self.reference, self.url) == (other.reference, other.url)

    def __hash__(self) -> int:
        return hash(self.url)

    def __repr__(self) -> str:
        said = describe_value(
            {name: value for name, value in self.fields.items() if name != "id"} if self.fields.get("name") else self.fields
        )
        return f"<{self.reference} {said!r}>" if said and said != str(self.reference.id) else f"<{self.reference}>"

    def _repr_html_(self) -> str:
        return render_fields(str(self.reference), self.fields)

    def refresh(self) -> Entity:
        """This object after reading it again."""
        self.fields = self._client.connection.get(self.reference.path)
        return self

    def update(self, **fields: Any) -> Entity:
        """This object after changing fields; ``StaleVersion`` when somebody changed it since it was read."""
        answer = self._client.connection.send("PATCH", self.reference.path, fields, version=self.fields.get("version"))
        self.fields = self.fields | (answer or {})
        return self

    def delete(self) -> None:
        """Put the object into the bin; ``StaleVersion`` when somebody changed it since it was read."""
        self._client.connection.send("DELETE", self.reference.path, version=self.fields.get("version"))

    @property
    def history(self) -> list[dict[str, Any]]:
        """What happened to the object, its links, parts and annotations, newest first."""
        found: list[dict[str, Any]] = self._client.connection.get(f"{self.reference.path}/history")["items"]
        return found

    @property
    def annotations(self) -> Listing:
        """The annotations of the object."""
        return self._client.list("annotations", **{self.kind: self.reference.id})

    @property
    def tags(self) -> list[str]:
        """The texts of the object's tags."""
        return [entity.fields["text_value"] for entity in self.annotations if entity.fields["type"] == "TagAnnotation"]

    @property
    def key_values(self) -> list[tuple[str, str]]:
        """The object's key-values of all namespaces, in order; keys may repeat."""
        maps = (entity for entity in self.annotations if entity.fields["type"] == "MapAnnotation")
        return [(key, value) for entity in maps for key, value in entity.fields["map_value"]]

    def tag(self, text: str) -> Entity:
        """The tag with this text, now on the object."""
        return self._annotate(type="TagAnnotation", text_value=text)

    def comment(self, text: str) -> Entity:
        """The comment, now on the object."""
        return self._annotate(type="CommentAnnotation", text_value=text)

    def set_key_values(self, pairs: KeyValues, *, namespace: str = HAND_EDITED) -> Entity:
        """The object's key-values of a namespace, now these in this order; a list as value repeats its key.

        Changes those that the person signed in made before, and leaves other people's and other namespaces' alone.
        """
        return self._write_key_values(list(spread_pairs(pairs)), namespace=namespace, keep=False)

    def add_key_values(self, pairs: KeyValues, *, namespace: str = HAND_EDITED) -> Entity:
        """The object's key-values of a namespace, now with these at the end where they were not there yet."""
        return self._write_key_values(list(spread_pairs(pairs)), namespace=namespace, keep=True)

    def _write_key_values(self, pairs: list[tuple[str, str]], *, namespace: str, keep: bool) -> Entity:
        me = self._client.session["user"]["id"]
        for entity in self.annotations:
            fields = entity.fields
            if fields["type"] == "MapAnnotation" and fields.get("ns") == namespace and fields.get("owner_id") == me:
                old = [(key, value) for key, value in fields["map_value"]] if keep else []
                return entity.update(map_value=old + [pair for pair in pairs if pair not in old])
        return self._annotate(type="MapAnnotation", map_value=pairs, ns=namespace)

    def remove_annotation(self, annotation: Entity | int) -> None:
        """Take an annotation off the object; the annotation itself stays."""
        number = annotation if isinstance(annotation, int) else annotation.reference.id
        self._client.connection.send("DELETE", f"{self.reference.path}/annotations/{number}")

    def _annotate(self, **fields: Any) -> Entity:
        answer = self._client.connection.send("POST", f"{self.reference.path}/annotations", fields)
        return self._client.wrap(answer, kind="annotation")


class Image(Entity):
    """An image on a server: fields, annotations, pictures and pixels."""

    @property
    def zarr_path(self) -> str:
        """Where the server shows the image as OME-Zarr 0.5."""
        return f"/zarr/images/{self.reference.id}.ome.zarr"

    @property
    def zarr_url(self) -> str:
        """The address of the image as OME-Zarr 0.5, for any program that reads it."""
        return self._client.connection.url + self.zarr_path

    @property
    def pixels(self) -> Entity:
        """What is known of the pixels as a whole: sizes, type, physical sizes."""
        embedded = self.fields.get("pixels")
        if isinstance(embedded, dict):
            return self._client.wrap(embedded, kind="pixels")
        return self._client.list("pixels", image=self.reference.id).first()

    def array(self, level: int = 0) -> zarr.Array[Any]:
        """The pixels of one resolution (0 is the full one) with axes ``tczyx``, read chunk by chunk as they are used."""
        import zarr

        from micrarium.client.zarr_store import ServerStore

        store = ServerStore(self._client.connection, self.zarr_path)
        datasets = self.ome_metadata["multiscales"][0]["datasets"]
        if not 0 <= level < len(datasets):
            raise IndexError(
                f"{self.reference} has {len(datasets)} levels, from 0 to {len(datasets) - 1}; there is no level {level}"
            )
        return zarr.open_array(store, path=datasets[level]["path"], mode="r", zarr_format=3)

    def dask(self, level: int = 0) -> Any:
        """The pixels of one resolution as a Dask array with axes ``tczyx``; nothing is read before it is computed."""
        import dask.array

        from_zarr: Any = dask.array.from_zarr
        return from_zarr(self.array(level))

    @property
    def ome_metadata(self) -> dict[str, Any]:
        """The image's OME-Zarr metadata: multiscales with axes and scales, and the channels under ``omero``."""
        found: dict[str, Any] = self._client.connection.get(f"{self.zarr_path}/zarr.json")["attributes"]["ome"]
        return found

    def thumbnail(self, size: int = 256) -> bytes:
        """A JPEG whose longest side has ``size`` pixels, with the rendering settings of the person signed in."""
        return self._picture("thumbnail", size=size)

    def plane(self, *, z: int | None = None, t: int | None = None, **rendering: Any) -> bytes:
        """One plane as a JPEG (or ``format="png"``, ``"webp"``); further parameters are those of the HTTP interface."""
        return self._picture("plane", z=z, t=t, **rendering)

    def region(self, *, x: int, y: int, width: int, height: int, **rendering: Any) -> bytes:
        """A region of a level as a JPEG; further parameters (``level``, ``z``, ``t``, ``c``, ...) as in the HTTP interface."""
        return self._picture("region", x=x, y=y, width=width, height=height, **rendering)

    def _picture(self, name: str, **params: Any) -> bytes:
        answer = self._client.connection.request(
            "GET", f"{self.reference.path}/{name}", params=params, headers={"Accept": "image/*"}
        )
        return answer.content

    def _repr_html_(self) -> str:
        try:
            picture = self.thumbnail(size=192)
        except MicrariumError:
            picture = None
        return render_fields(str(self.reference), self.fields, picture=picture)


def spread_pairs(pairs: KeyValues) -> Iterable[tuple[str, str]]:
    """Key-values as pairs in order; a list as value repeats its key."""
    if not isinstance(pairs, Mapping):
        yield from ((str(key), str(value)) for key, value in pairs)
        return
    for key, value in pairs.items():
        for item in [value] if isinstance(value, str) or not isinstance(value, Iterable) else value:
            yield str(key), str(item)
