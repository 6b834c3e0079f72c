#!/usr/bin/env python3
"""Make the environment of the clients: what ``make clients`` runs first.

    .venv/bin/python tools/client_environment.py

``build/clients`` has the packages of ``tests/clients/requirements.txt`` and those of
``.venv``, so that clients find gevent, as this tree, and what it needs. It is made
again when the requirements, or the interpreter, change.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
FOLDER = TREE / "build" / "clients"
REQUIREMENTS = TREE / "tests" / "clients" / "requirements.txt"


def main() -> int:
    """Make the environment, unless it is there; return an exit status."""
    wanted = hashlib.sha256(
        REQUIREMENTS.read_bytes() + sys.version.encode() + str(TREE).encode()
    ).hexdigest()
    stamp = FOLDER / "stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    print(f"[clients] installing {REQUIREMENTS.relative_to(TREE)}", flush=True)
    venv.create(FOLDER, clear=True, with_pip=True)
    site = sysconfig.get_path("purelib", vars={"base": str(FOLDER)})
    # Without dependencies: they are all named, and gevent is one of them.
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "install", "-q", "--no-deps"]
    done = subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=False)
    if done.returncode:
        return done.returncode
    own = sysconfig.get_path("purelib")
    Path(site, "zz_tree.pth").write_text(f"import site; site.addsitedir({own!r})\n")
    stamp.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
