"""The program that holds Java's machine: it answers requests about files with what Bio-Formats makes of them.

It ends with whoever started it: a thread of its own listens, and when there is nobody left to ask, it breaks off whatever
Java is doing.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import IO, Any

_MOST_OPEN = 16
_LONGEST_VALUE = 65536
_MOST_VALUES = 100_000
#: Java's own protections: no addresses in XML or in names of files are followed, no window is opened.
_OPTIONS = (
    "-Djava.awt.headless=true",
    "-Djavax.xml.accessExternalDTD=",
    "-Djavax.xml.accessExternalSchema=",
    *(f"-D{scheme}.proxyHost=127.0.0.1" for scheme in ("http", "https", "ftp")),
    *(f"-D{scheme}.proxyPort=9" for scheme in ("http", "https", "ftp")),
    "-Dhttp.nonProxyHosts=",
    "-Dftp.nonProxyHosts=",
    "-DsocksProxyHost=127.0.0.1",
    "-DsocksProxyPort=9",
    "-XX:-UsePerfData",
    "-XX:-CreateCoredumpOnCrash",
    "-XX:ErrorFile=/dev/null" if os.name == "posix" else "-XX:-CreateMinidumpOnCrash",
    "-XX:+UseParallelGC",  # which gives up, as it should, when it does nothing but collect
    "-Xrs",
)


class Machine:
    """Bio-Formats in this process: files by their keys, the least recently used closed first."""

    def __init__(self, machine: str, jar: str, memory_mb: int) -> None:
        import jpype

        jpype.startJVM(machine, *_OPTIONS, f"-Xmx{memory_mb}m", classpath=[jar], convertStrings=False)
        self.memory_mb = memory_mb
        self._jpype = jpype
        loci = jpype.JPackage("loci")
        loci.common.DebugTools.setRootLevel("OFF")
        self._loci = loci
        service = jpype.JClass("loci.formats.services.OMEXMLService")
        self._service = loci.common.services.ServiceFactory().getInstance(service)
        self._sniffer = loci.formats.ImageReader()
        self._open: OrderedDict[str, Any] = OrderedDict()
        self._unknown = jpype.JClass("loci.formats.UnknownFormatException")
        self._memory_error = jpype.JClass("java.lang.OutOfMemoryError")
        self._error: type[Exception] = jpype.JException

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The answer to a request: an object for JSON, and bytes."""
        doing: Callable[[dict[str, Any]], tuple[dict[str, Any], bytes]] = getattr(self, f"do_{request['do']}")
        try:
            return doing(request)
        except self._error as error:
            self.do_close(request)
            if isinstance(error, self._memory_error):
                return {"error": f"it takes more than {self.memory_mb} MB of memory (MICRARIUM_BIOFORMATS_MEMORY_MB)"}, b""
            said = " ".join(str(getattr(error, "message", lambda: "")() or type(error).__name__).split())[:300]
            return {"error": said, "is_unknown": isinstance(error, self._unknown)}, b""
        except Exception as error:  # what the bridge raises over values that Java would not make
            self.do_close(request)
            return {"error": " ".join(f"{type(error).__name__}: {error}".split())[:300]}, b""

    def do_suffixes(self, _request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Every suffix that some format is known by."""
        return {"suffixes": [str(one) for one in self._sniffer.getSuffixes()]}, b""

    def do_know(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Whether some format fits a file: by what is in it, or, where a format goes by the suffix alone, by opening it."""
        path = request["path"]
        try:
            found = self._sniffer.getReader(path)
            stream = self._loci.common.RandomAccessInputStream(path)
            try:
                is_known = bool(found.isThisType(stream))
            finally:
                stream.close()
            if not is_known:
                self._reader({"key": _sniffed(path), "path": path})
        except self._error:
            self.do_close({"key": _sniffed(path)})
            return {"is_known": False}, b""
        return {"is_known": True}, b""

    def do_open(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """What a file holds: its format, its files, its series and their resolutions; as bytes its OME-XML."""
        reader, meta = self._reader(request)
        series = []
        for number in range(reader.getSeriesCount()):
            reader.setSeries(number)
            series.append(self._series(reader))
        xml = str(self._service.getOMEXML(meta) or "")
        files = [str(file) for file in reader.getUsedFiles() or ()]
        return {"format": str(reader.getFormat()), "files": files, "series": series}, xml.encode("utf-8", "replace")

    def _series(self, reader: Any) -> dict[str, Any]:
        levels = []
        for number in range(reader.getResolutionCount()):
            reader.setResolution(number)
            shape = (reader.getSizeT(), reader.getEffectiveSizeC(), reader.getSizeZ(), reader.getSizeY(), reader.getSizeX())
            tile = (reader.getOptimalTileHeight(), reader.getOptimalTileWidth())
            levels.append({"shape": [int(size) for size in shape], "tile": [int(size) for size in tile]})
        reader.setResolution(0)
        return {
            "levels": levels,
            "samples": int(reader.getRGBChannelCount()),
            "type": str(self._loci.formats.FormatTools.getPixelTypeString(reader.getPixelType())),
            "is_little_endian": bool(reader.isLittleEndian()),
            "is_interleaved": bool(reader.isInterleaved()),
            "is_thumbnail": bool(reader.isThumbnailSeries()),
        }

    def do_metadata(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """All that the file says, as flat keys and values; those of a series are marked by its number."""
        reader, _ = self._reader(request)
        found = _texts(reader.getGlobalMetadata(), "")
        for number in range(reader.getSeriesCount()):
            reader.setSeries(number)
            if len(found) < _MOST_VALUES:
                found |= _texts(reader.getSeriesMetadata(), f"Series {number + 1} ")
        reader.setSeries(0)
        return {"metadata": found}, b""

    def do_read(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The bytes of a part of a plane, as the file's type and order have them."""
        reader, _ = self._reader(request)
        reader.setSeries(request["series"])
        reader.setResolution(request["level"])
        t, channel, z = request["plane"]
        top, left, height, width = request["window"]
        pixels = reader.openBytes(reader.getIndex(z, channel, t), left, top, width, height)
        return {}, bytes(memoryview(pixels))

    def do_close(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Let go of a file."""
        found = self._open.pop(request.get("key", ""), None)
        if found is not None:
            with contextlib.suppress(self._error):
                found[0].close()
        return {}, b""

    def _reader(self, request: dict[str, Any]) -> Any:
        key = request["key"]
        if key not in self._open and (sniffed := self._open.pop(_sniffed(request["path"]), None)) is not None:
            self._open[key] = sniffed
        if key not in self._open:
            while len(self._open) >= _MOST_OPEN:
                self.do_close({"key": next(iter(self._open))})
            meta = self._service.createOMEXMLMetadata()
            # Palettes become colours, as everywhere else here.
            reader = self._loci.formats.ChannelFiller(self._loci.formats.ImageReader())
            reader.setMetadataStore(meta)
            reader.setOriginalMetadataPopulated(False)
            reader.setFlattenedResolutions(False)
            reader.setGroupFiles(True)
            self._open[key] = (reader, meta)
            reader.setId(request["path"])
        self._open.move_to_end(key)
        return self._open[key]


def _sniffed(path: str) -> str:
    """The key of a file that was opened to see whether it can be, in the state that it has."""
    state = os.stat(path)  # noqa: PTH116  # a text, which may not be one of this system's paths
    return f"{state.st_mtime_ns} {state.st_size} {path}"


def _texts(table: Any, prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in table.entrySet():
        if len(found) >= _MOST_VALUES:
            break
        found[f"{prefix}{entry.getKey()}"] = str(entry.getValue())[:_LONGEST_VALUE]
    return dict(sorted(found.items()))


def main() -> None:
    """Answer requests until nobody asks any more."""
    machine, jar, memory_mb, idle_s = sys.argv[1:5]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for whoever started this, and ends it
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    _lift_limit()
    requests: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    try:
        bioformats = Machine(machine, jar, int(memory_mb))
    except Exception as error:
        _refuse(requests, answers, error)
    while True:
        try:
            request = json.loads(requests.get(timeout=float(idle_s)))
        except queue.Empty:
            os._exit(0)
        told, data = bioformats.answer(request)
        _say(answers, told, data)


def _say(answers: IO[bytes], told: dict[str, Any], data: bytes = b"") -> None:
    try:
        answers.write(json.dumps({**told, "bytes": len(data)}).encode("ascii") + b"\n")
        answers.write(data)
        answers.flush()
    except OSError:
        os._exit(0)


def _refuse(requests: queue.Queue[bytes], answers: IO[bytes], error: Exception) -> None:
    """Say why Java did not start, instead of the first answer."""
    requests.get()
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    _say(answers, {"error": f"Java did not start: {reason}", "is_unknown": True})
    os._exit(0)


def _listen(requests: queue.Queue[bytes]) -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)  # without Java's leave: it may be busy for ever


def _lift_limit() -> None:
    """Take back the limit of memory that a process for new files sets itself: Java has its own."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
