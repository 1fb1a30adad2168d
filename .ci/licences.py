#!/usr/bin/env python3
"""Checks every dependency against deny.toml: its licence, its source, and crates that are banned.

A small part of `cargo deny check`, for machines without it. Reads `cargo metadata` from standard input.
"""

import json
import re
import sys
import tomllib
from pathlib import Path


def allowed(expression: str, licences: set[str]) -> bool:
    """Whether a licence expression can be met with these licences alone."""
    words = re.findall(r"\(|\)|[^\s()/]+(?: WITH [^\s()/]+)?|/", expression.replace("/", " OR "))
    python = " ".join(
        word if word in "()" else word.lower() if word in ("AND", "OR") else str(word in licences)
        for word in words
    )
    return bool(eval(python, {"__builtins__": {}}))


def main() -> int:
    rules = tomllib.loads(Path("deny.toml").read_text(encoding="utf-8"))
    licences = set(rules["licenses"]["allow"])
    packages = json.load(sys.stdin)["packages"]
    bad = []
    for package in packages:
        name = f"{package['name']} {package['version']}"
        if not allowed(package["license"] or "None", licences):
            bad.append(f"{name}: licence {package['license']}")
        if package["source"] and not package["source"].startswith("registry+"):
            bad.append(f"{name}: from {package['source']}")
    print(f"{len(packages)} packages checked, {len(bad)} refused")
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
