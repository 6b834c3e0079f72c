from gevent.pytest_plugin import pytest_addoption as pytest_addoption
from gevent.pytest_plugin import pytest_configure as pytest_configure
from gevent.pytest_plugin import pytest_generate_tests as pytest_generate_tests
from gevent.pytest_plugin import pytest_report_header as pytest_report_header
from gevent.pytest_plugin import pytest_runtest_makereport as pytest_runtest_makereport
from gevent.pytest_plugin import seed_of_run as seed_of_run
from gevent.pytest_plugin import virtual_clock as virtual_clock

__all__ = ("virtual_clock",)
