"""The page and its documents as an archive has them: what a poll would have found when a page was saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath

from monitor.backfill.folder import Capture, name_key
from monitor.fetcher import OK, Fetched, Validators

# A document that the archive has not, or not from so early.
NOT_KEPT = "not_kept"


class Saved:
    """Answers as the network would have at the moment of one saved page."""

    def __init__(self, page: Fetched, capture: Capture, index: Index) -> None:
        self._page = page
        self._capture = capture
        self._index = index

    def page(self, url: str) -> Fetched:
        """The saved page, under the address it was found at: `url`."""
        return self._page

    def document(self, url: str, validators: Validators | None = None) -> Fetched:
        """The document that `url` gave then, or NOT_KEPT."""
        found = self._index.find(url, self._capture)
        try:
            return answer(url, found) if found else Fetched(url, NOT_KEPT, detail="the page links it, and the archive has it not")
        except OSError as error:
            return Fetched(url, NOT_KEPT, detail=f"{error.strerror or error}")


class Index:
    """The documents of an archive by their names and addresses."""

    def __init__(self, captures: Iterable[Capture]) -> None:
        self._by_key: dict[str, list[Capture]] = defaultdict(list)
        for one in sorted((one for one in captures if not one.is_page), key=lambda one: (one.at, str(one.path))):
            for key in {name_key(one.name), name_key(one.url), name_key(one.path.name)}:
                self._by_key[key].append(one)

    def find(self, url: str, page: Capture) -> Capture | None:
        """The newest of this name that had been found when `page` was saved. One that was found later only must be the same by its name:
        an address without a file's name gives another document from time to time."""
        key = name_key(url)
        earlier = [one for one in self._by_key[key] if one.at <= page.at]
        if earlier:
            return earlier[-1]
        later = self._by_key[key][:1]
        return later[0] if later and PurePath(key).suffix else None


def answer(url: str, capture: Capture) -> Fetched:
    """A capture as the answer that `url` gave. Raises OSError where its file cannot be read."""
    headers = {name.lower(): value for name, value in capture.headers.items()}
    validators = Validators(headers.get("etag"), headers.get("last-modified"))
    return Fetched(url, OK, capture.path.read_bytes(), 200, capture.name, validators, headers=headers)
