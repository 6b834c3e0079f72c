"""Run test_worker.py with pytest."""

# needs: pytest
import os
import sys

import pytest

options = f"-q -c {os.devnull} -p no:cacheprovider --rootdir=."
sys.exit(pytest.main([*options.split(), "test_worker.py"]))
