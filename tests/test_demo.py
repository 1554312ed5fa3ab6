"""The demonstration: an alert, the feed and the listing, with nothing configured and nothing asked of the network."""

from __future__ import annotations

import feedparser

from monitor import demo
from monitor.statedir import StateDirectory
from monitor.store import Store


def test_the_demonstration_tells_news_and_only_news() -> None:
    said: list[str] = []
    folder = demo.play(said.append)
    text = "\n".join(said)
    assert "invented" in said[0]
    assert text.count("Watching ICE's 287(g) list from here on") == 1
    assert "2 new 287(g) agreements, 1 ended" in text
    assert "1 new application, 1 application approved" in text
    second = text.split("Step 2.")[1].split("Step 3.")[0]
    assert "│" not in second, "a correction reached the channel"
    store = Store.open(StateDirectory(folder).database)
    try:
        kinds = [event.kind for event in store.events()]
    finally:
        store.close()
    assert kinds.count("agreement.corrected") == 4  # two slips of the hand, and both put right again
    feed = feedparser.parse((folder / "public" / "feed.xml").read_bytes())
    assert not feed.bozo
    assert [entry.title for entry in feed.entries][:2] == [
        "1 new application, 1 application approved",
        "2 new 287(g) agreements, 1 ended",
    ]
