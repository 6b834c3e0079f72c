# The names passed through are in the stub of `gevent.subprocess` only.
from gevent.subprocess import CompletedProcess as CompletedProcess
from gevent.subprocess import Popen as Popen
from gevent.subprocess import call as call
from gevent.subprocess import check_call as check_call
from gevent.subprocess import check_output as check_output
from gevent.subprocess import run as run
