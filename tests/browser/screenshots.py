"""Pictures of a built site for the documents: pages on a desk and on a phone, small enough for a repository.

python -m tests.browser.screenshots SITE DIR [PAGE...]
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.serving import serving

PAGES = (
    "index.html",
    "agreements.html",
    "agreements.html?state=TX&sort=signed&dir=desc",
    "states/tx.html",
    "changes.html",
    "status.html",
)
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
LARGEST = 150 * 1024
QUALITIES = (82, 70, 55, 40)


def take(browser: Browser, url: str, size: tuple[int, int]) -> bytes:
    """What is seen of a page without scrolling: as PNG where that is small, otherwise as the best JPEG that is."""
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce")
    try:
        answer = page.goto(url, wait_until="networkidle")
        if answer is None or not answer.ok:
            raise SystemExit(f"{url} cannot be read")
        picture = page.screenshot(type="png", animations="disabled")
        for quality in QUALITIES:
            if len(picture) <= LARGEST:
                break
            picture = page.screenshot(type="jpeg", quality=quality, animations="disabled")
        return picture
    finally:
        page.close()


def name(path: str, size: str, picture: bytes) -> str:
    """`agreements.html?state=TX` on a phone → `agreements-state-TX-phone.png`."""
    stem = path.replace(".html", "").strip("/").translate(str.maketrans("/?&=", "----"))
    ending = "png" if picture.startswith(b"\x89PNG") else "jpg"
    return f"{stem}-{size}.{ending}"


def main(site: str, target: str, *paths: str) -> None:
    chromium = shutil.which("chromium")
    if not chromium:
        raise SystemExit("chromium is needed: make browser-tools installs it for root on Debian")
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    with serving(Path(site).resolve()) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-dev-shm-usage"])
        for path in paths or PAGES:
            for size, dimensions in SIZES.items():
                picture = take(browser, base + path, dimensions)
                file = folder / name(path, size, picture)
                file.write_bytes(picture)
                print(f"{file}  {len(picture) // 1024} KB")
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
