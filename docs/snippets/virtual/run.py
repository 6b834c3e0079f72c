"""Run test_cache.py with pytest."""

# needs: pytest
import os
import sys
from importlib.metadata import entry_points

import pytest

options = f"-q -c {os.devnull} -p no:cacheprovider --rootdir=.".split()
if "gevent" not in entry_points(group="pytest11").names:  # a checkout
    options += ["-p", "gevent.pytest_plugin"]
sys.exit(pytest.main([*options, "test_cache.py"]))
