"""Numbers of agreements in words. Draws nothing."""

from __future__ import annotations

from monitor.texts import Language


def agreements(number: int, language: Language) -> str:
    """`no agreements`, `1 agreement`, `1,725 agreements`."""
    if number == 0:
        return language.text("no agreements")
    return language.plural("{number} agreement", "{number} agreements", number)
