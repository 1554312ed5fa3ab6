"""Watches ICE's 287(g) page and tells what changed."""

__version__ = "0.1.0"
