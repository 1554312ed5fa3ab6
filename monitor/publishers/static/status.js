// Tells how long ago a moment was, and on the status page asks now and then how things stand. The page says both without it:
// moments in full, and what stood when it was made.
//
//   <time class="ago" datetime="2026-01-02T03:04:05Z">                     becomes "12 minutes ago"; the moment moves to its title
//   <section data-status="status.json" data-words='{"ok": "All is well"}'>  is asked for every minute
//     <span data-field="last_poll_at"><time class="ago" datetime="…">, <span data-field="outcome">   take what it says then
"use strict";
(() => {
  const MINUTE = 60_000;
  const language = document.documentElement.lang || "en";
  const relative = new Intl.RelativeTimeFormat(language);
  const now = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(0, "second");
  const format = { dateStyle: "long", timeStyle: "short", timeZone: "UTC" };
  const units = [["day", 1440, 2880], ["hour", 60, 60], ["minute", 1, 1]]; // name, its minutes, from how many minutes on

  function ago(moment) {
    const minutes = Math.floor((Date.now() - moment) / MINUTE);
    const unit = units.find(([, , from]) => minutes >= from);
    return unit ? relative.format(-Math.floor(minutes / unit[1]), unit[0]) : now;
  }

  function tell() {
    for (const time of document.querySelectorAll("time.ago")) {
      const moment = Date.parse(time.dateTime);
      if (Number.isNaN(moment)) continue;
      if (!time.title) time.title = time.textContent;
      const words = ago(moment);
      if (time.textContent !== words) time.textContent = words;
    }
  }

  async function ask(place) {
    if (document.hidden) return;
    try {
      const answer = await fetch(place.dataset.status, { cache: "no-cache" });
      if (answer.ok) take(place, await answer.json());
    } catch {
      // No way to the server just now: what the page says stands, and says how old it is.
    }
  }

  function take(place, status) {
    const words = JSON.parse(place.dataset.words || "{}");
    for (const node of place.querySelectorAll("[data-field]")) {
      const value = status[node.dataset.field];
      if (value === undefined || value === null) continue;
      const time = node.matches("time") ? node : node.querySelector("time");
      if (time) {
        if (Date.parse(time.dateTime) === Date.parse(value)) continue;
        time.dateTime = value;
        time.textContent = time.title = `${new Date(value).toLocaleString(language, format)} UTC`;
      } else {
        node.textContent = typeof value === "number" ? value.toLocaleString(language) : words[value] ?? value;
      }
    }
    tell();
  }

  tell();
  setInterval(tell, MINUTE);
  const place = document.querySelector("[data-status]");
  // A page opened from a disk has no server to ask.
  if (place && location.protocol !== "file:") {
    ask(place);
    setInterval(ask, MINUTE, place);
  }
})();
