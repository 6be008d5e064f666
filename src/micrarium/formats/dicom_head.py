"""The first bytes of a DICOM file, looked at without any library: with the preamble of 128 bytes, or bare as older files are."""

from __future__ import annotations

import struct

_PREAMBLE = 128
_MAGIC = b"DICM"
#: The value representations whose elements have a length of four bytes, behind two that are empty.
LONG_TYPES = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SHORT = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()
)  # fmt: skip
_LONGEST_FIRST_VALUE = 4096


def is_dicom(head: bytes) -> bool:
    """Whether these are the first bytes of a DICOM file, with its preamble or without."""
    if head[_PREAMBLE : _PREAMBLE + 4] == _MAGIC:
        return True
    return any(_begins_as_data_set(head, order) for order in "<>")


def _begins_as_data_set(head: bytes, order: str) -> bool:
    """Whether three elements of group 2 or 8 follow each other in the order of their tags."""
    place, last, seen = 0, (0, -1), 0
    while seen < 3:
        if place + 12 > len(head):
            return False
        tag = struct.unpack_from(order + "HH", head, place)
        if tag[0] not in (2, 8) or tag <= last or tag[1] > 0x3000:
            return False
        vr = head[place + 4 : place + 6]
        if vr in LONG_TYPES:
            header, length = 12, struct.unpack_from(order + "I", head, place + 8)[0]
        elif vr in _SHORT:
            header, length = 8, struct.unpack_from(order + "H", head, place + 6)[0]
        else:
            header, length = 8, struct.unpack_from(order + "I", head, place + 4)[0]
        if length > _LONGEST_FIRST_VALUE:
            return False
        place, last, seen = place + header + length, tag, seen + 1
    return True
