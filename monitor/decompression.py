"""A response body unpacked in small pieces, so that its size can be limited before it exists.

httpx unpacks whatever one read from the network holds at once, which may be a thousand times as much.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_PIECE = 256 * 1024


class UndecodableBody(Exception):
    """The body is not compressed as its Content-Encoding says."""


def decoded(chunks: Iterable[bytes], codings: str) -> Iterator[bytes]:
    """The body behind `codings` (a Content-Encoding header), in pieces of at most some 256 KiB. Raises UndecodableBody."""
    for coding in reversed([name.strip().lower() for name in codings.split(",")]):
        if coding in ("gzip", "x-gzip", "deflate"):
            chunks = _inflated(chunks, 47 if coding != "deflate" else 15)
        elif coding not in ("", "identity"):
            raise UndecodableBody(f"unknown Content-Encoding {coding[:40]!r}")
    yield from chunks


def _inflated(chunks: Iterable[bytes], window: int) -> Iterator[bytes]:
    unpack = zlib.decompressobj(window)
    started = False
    try:
        for chunk in chunks:
            started = started or bool(chunk)
            while chunk:
                if unpack.eof:  # another gzip member follows the one before
                    unpack = zlib.decompressobj(window)
                yield unpack.decompress(chunk, _PIECE)
                chunk = unpack.unconsumed_tail or unpack.unused_data
        yield unpack.flush()
    except zlib.error as error:
        raise UndecodableBody(str(error)) from None
    if started and not unpack.eof:
        raise UndecodableBody("the compressed body ends early")
