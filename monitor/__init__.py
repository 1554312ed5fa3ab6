"""Watches ICE's 287(g) page and tells what changed."""

import os
import sys

__version__ = "0.1.0"

# httpx brings a command of its own, for which it imports rich and pygments where they are installed: memory that the daemon never uses.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
# Pydantic looks for plug-ins among all that is installed, and would run what it finds.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
