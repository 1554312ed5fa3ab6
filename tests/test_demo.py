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
    second, third = text.split("Step 2.")[1].split("Step 3.")
    assert "│" not in second, "a correction reached the channel"
    received = [line.removeprefix("    │ ") for line in third.splitlines() if "│" in line]
    assert received[0] == "2 new 287(g) agreements, 1 ended, 1 new application", "both lists are not one message"
    (approved,) = (line for line in received if "Mockup County Sheriff's Office" in line)
    assert approved.startswith("• New: ")
    assert "was pending" in approved
    assert sum(line.startswith("• ") for line in received) == 4
    store = Store.open(StateDirectory(folder).database)
    try:
        kinds = [event.kind for event in store.events()]
    finally:
        store.close()
    assert kinds.count("agreement.corrected") == 4  # two slips of the hand, and both put right again
    feed = feedparser.parse((folder / "public" / "feed.xml").read_bytes())
    assert not feed.bozo
    digests = [entry.title for entry in feed.entries if entry.title[0].isdigit() and "(Georgia)" not in entry.title]
    assert digests[:2] == ["1 new 287(g) application, 1 approved", "2 new 287(g) agreements, 1 ended"]
