"""Run test_worker.py with pytest."""

# needs: pytest
import os
import sys

import pytest

sys.exit(pytest.main(["-q", "-c", os.devnull, "-p", "no:cacheprovider", "--rootdir=.", "test_worker.py"]))
