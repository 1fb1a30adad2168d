"""The PyInstaller hook, declared as an entry point in ``pyproject.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import List


def hook_dirs() -> List[str]:
    """Returns the directory of the hook."""
    return [str(Path(__file__).parent)]
