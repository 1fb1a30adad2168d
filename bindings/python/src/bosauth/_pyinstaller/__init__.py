"""What PyInstaller needs to know of the package: it finds this by the entry point in ``pyproject.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import List


def hook_dirs() -> List[str]:
    """Where the hook is."""
    return [str(Path(__file__).parent)]
