"""Reading XML of files that strangers made: no document types, and so no entities that grow, and no endless depth."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

#: Far deeper than any metadata of microscopes.
MOST_LEVELS = 200


class _PlainBuilder(ElementTree.TreeBuilder):
    """Builds elements, and stops at a document type before any entity that it declares can be used."""

    def doctype(self, name: str, _pubid: str | None, _system: str | None) -> None:
        """Refuse a document type."""
        raise ElementTree.ParseError(f"it declares a document type ({name}), which metadata of images never needs")


def parse_xml(xml: str | bytes) -> Element:
    """The root of an XML document.

    Raises ``ElementTree.ParseError`` for what is not well formed, declares a document type (by which a small document can
    grow without bounds, or refer to other files), or has more than 200 levels.
    """
    parser = ElementTree.XMLParser(target=_PlainBuilder())
    parser.feed(xml)
    root: Element = parser.close()
    level, depth = [root], 0
    while level:
        level, depth = [child for element in level for child in element], depth + 1
        if depth > MOST_LEVELS:
            raise ElementTree.ParseError(f"it has more than {MOST_LEVELS} levels of elements")
    return root
