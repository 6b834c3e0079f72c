"""Look up many names at once.

    python examples/mass_resolve.py [FILE]

The file, or standard input, has a name on each line. It prints ``NAME ADDRESS...`` or
``NAME: what went wrong`` as the answers come, and in the end how many there were.

``GEVENT_RESOLVER=ares`` asks the name servers in the event loop instead of in threads:
much faster for thousands of names (it needs ``gevent[ares]``).
"""

from __future__ import annotations

import fileinput

from gevent import socket
from gevent.pool import Pool

AT_A_TIME = 100


def look_up(name: str) -> tuple[str, list[str], str]:
    """Return a name with its addresses, or with what went wrong."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return name, [], str(error)
    return name, sorted({str(address[0]) for *_, address in found}), ""


def main() -> None:
    """Look up all names of the input; it may be longer than memory."""
    n_found = n_failed = 0
    with fileinput.input() as lines:
        names = (line.strip() for line in lines if not line.isspace())
        # At most so many are read, and not yet printed: the input waits for the output.
        answers = Pool(AT_A_TIME).imap_unordered(look_up, names, maxsize=AT_A_TIME)
        for name, addresses, failure in answers:
            if failure:
                n_failed += 1
                print(f"{name}: {failure}", flush=True)
            else:
                n_found += 1
                print(name, *addresses, flush=True)
    print(f"{n_found} found, {n_failed} not")


if __name__ == "__main__":
    main()
