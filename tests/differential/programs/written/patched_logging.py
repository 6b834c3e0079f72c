"""Programs that log, schedule, use contexts and signals after patching."""

from __future__ import annotations

import contextvars
import io
import logging
import logging.handlers
import os
import queue
import sched
import signal
import threading
import time

from differential import each

MODULE = "gevent.monkey"
PATCHED = True


def _logger_to(stream, form="%(levelname)s %(threadName)s %(message)s"):
    logger = logging.getLogger("program")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(form))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


def from_threads(case):
    stream = io.StringIO()
    logger = _logger_to(stream)
    threads = [
        threading.Thread(target=logger.info, args=("hello",), name=f"t{n}")
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
        thread.join()
    logger.warning("main")
    case.show("text", stream.getvalue())


def thread_and_process(case):
    stream = io.StringIO()
    logger = _logger_to(stream, "%(thread)d %(process)d")
    logger.info("x")
    case.show("text", stream.getvalue() == f"{threading.get_ident()} {os.getpid()}\n")


def through_a_queue(case):
    stream = io.StringIO()
    items = queue.Queue()
    handler = logging.StreamHandler(stream)
    listener = logging.handlers.QueueListener(items, handler)
    logger = logging.getLogger("program")
    logger.propagate = False
    logger.addHandler(logging.handlers.QueueHandler(items))
    listener.start()
    for number in range(3):
        logger.warning("message %s", number)
    listener.stop()
    case.show("text", stream.getvalue())


def stopped_twice(case):
    listener = logging.handlers.QueueListener(queue.Queue())
    listener.start()
    case.call(listener.stop)


def a_handler_that_fails(case):
    class Failing(logging.Handler):
        def emit(self, record):
            raise ValueError("emit")

        def handleError(self, record):
            case.show("error", record.getMessage())

    class Careful(Failing):
        def emit(self, record):
            try:
                super().emit(record)
            except ValueError:
                self.handleError(record)

    logger = logging.getLogger("program")
    logger.propagate = False
    logger.addHandler(Careful())
    logger.error("message")


def a_handlers_lock(case):
    handler = logging.StreamHandler(io.StringIO())
    handler.acquire()
    handler.acquire()
    case.call(handler.release)
    case.call(handler.release)
    case.call(handler.release)


def exception_with_traceback(case):
    stream = io.StringIO()
    logger = _logger_to(stream)
    try:
        int("x")
    except ValueError:
        logger.exception("failed")
    case.show("text", stream.getvalue().splitlines()[-1])


def last_resort(case):
    logging.getLogger("other").warning("to standard error")


def memory_handler(case):
    stream = io.StringIO()
    target = logging.StreamHandler(stream)
    handler = logging.handlers.MemoryHandler(10, logging.ERROR, target)
    logger = logging.getLogger("program")
    logger.propagate = False
    logger.addHandler(handler)
    logger.warning("one")
    case.show("before", stream.getvalue())
    logger.error("two")
    case.show("after", stream.getvalue())


def scheduled(case):
    order = []
    planner = sched.scheduler(time.monotonic, time.sleep)
    planner.enter(0.004, 1, order.append, ("late",))
    planner.enter(0.001, 2, order.append, ("second",))
    case.show("waiting", len(planner.queue))
    case.show("next", planner.run(blocking=False) < 0.002)
    planner.run()
    case.show("order", order)
    case.call(planner.empty)


def scheduled_and_cancelled(case):
    planner = sched.scheduler()
    event = planner.enter(60, 1, print)
    planner.cancel(event)
    case.call(planner.run)
    case.call(planner.cancel, event)


# -- contexts ----------------------------------------------------------------------


def a_thread_has_a_new_context(case):
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("main")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(variable.get()))
    thread.start()
    thread.join()
    case.show("seen", seen)
    case.show("main", variable.get())


def a_thread_runs_in_a_copied_context(case):
    variable = contextvars.ContextVar("variable")
    variable.set("main")
    context = contextvars.copy_context()
    seen = []

    def work():
        seen.append(variable.get())
        variable.set("changed")

    thread = threading.Thread(target=context.run, args=(work,))
    thread.start()
    thread.join()
    case.show("seen", seen)
    case.show("main", variable.get())
    case.show("context", context[variable])


def contexts_do_not_mix(case):
    variable = contextvars.ContextVar("variable")
    seen = []

    def work(number):
        variable.set(number)
        time.sleep(0.001)
        seen.append(variable.get() == number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    case.show("seen", seen)


def a_context_is_entered_once(case):
    context = contextvars.copy_context()
    case.call(context.run, lambda: context.run(int))


def a_token_of_another_context(case):
    variable = contextvars.ContextVar("variable", default=0)
    token = variable.set(1)
    case.call(contextvars.copy_context().run, variable.reset, token)
    case.call(variable.reset, token)
    case.call(variable.reset, token)
    case.call(variable.get)


def decimal_contexts_of_threads(case):
    import decimal

    decimal.getcontext().prec = 5
    seen = []
    thread = threading.Thread(target=lambda: seen.append(decimal.getcontext().prec))
    thread.start()
    thread.join()
    case.show("seen", seen)
    case.show("main", decimal.getcontext().prec)


# -- time and signals ----------------------------------------------------------------


@each(
    0, 0.001, -1, -0.001, "x", None, True, float("nan"), float("inf"), 1e300, 2**70, []
)
def sleep(case, seconds):
    if isinstance(seconds, float | int) and seconds > 1:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        signal.signal(signal.SIGALRM, signal.default_int_handler)
    case.call(time.sleep, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)


def sleep_with_names(case):
    case.named_call("sleep", lambda: time.sleep())
    case.named_call("sleep", lambda: time.sleep(0, 1))
    case.named_call("sleep", lambda: time.sleep(seconds=0))


def a_handler_runs(case):
    seen = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    case.show("before", before)
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(0.001)
    case.show("seen", seen)
    case.show("get", callable(signal.getsignal(signal.SIGUSR1)))


def a_handler_raises(case):
    def handle(number, frame):
        raise ValueError("handler")

    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.002)
    case.call(time.sleep, 2)


@each("lock", "event", "queue", "join", "condition")
def a_handler_raises_while_waiting_for(case, what):
    def handle(number, frame):
        raise ValueError("handler")

    go = threading.Event()
    thread = threading.Thread(target=go.wait, daemon=True)
    thread.start()
    lock = threading.Lock()
    lock.acquire()
    condition = threading.Condition()
    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.005)
    with condition:
        wait = {
            "lock": lambda: lock.acquire(timeout=3),
            "event": lambda: threading.Event().wait(3),
            "queue": lambda: queue.Queue().get(timeout=3),
            "join": lambda: thread.join(3),
            "condition": lambda: condition.wait(3),
        }[what]
        case.named_call(what, wait)
    case.call(thread.is_alive)
    go.set()
    thread.join()


def a_handler_of_a_thread(case):
    seen = []

    def work():
        try:
            signal.signal(signal.SIGUSR1, print)
        except ValueError as error:
            seen.append(str(error))

    signal.signal(
        signal.SIGUSR2,
        lambda *args: seen.append(
            threading.current_thread() is threading.main_thread()
        ),
    )
    os.kill(os.getpid(), signal.SIGUSR2)
    time.sleep(0.001)
    case.show("seen", seen)


@each(0, 65, -1, "x", None)
def a_wrong_signal(case, number):
    case.call(signal.signal, number, print)
    case.call(signal.getsignal, number)


@each("SIGCHLD", "SIGINT", "SIGTERM", "SIGPIPE")
def what_is_set(case, name):
    number = getattr(signal, name)
    case.call(signal.getsignal, number)
    case.call(signal.signal, number, signal.SIG_IGN)
    case.call(signal.signal, number, signal.SIG_DFL)
    case.call(signal.signal, number, 5)
    case.call(signal.getsignal, number)


def interrupted(case):
    signal.setitimer(signal.ITIMER_REAL, 0.003)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        time.sleep(2)
    except KeyboardInterrupt:
        case.show("interrupted", True)


def after_a_fork(case):
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        alive = thread.is_alive()
        count = threading.active_count()
        main = threading.current_thread() is threading.main_thread()
        os.write(write, repr((alive, count, main)).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    case.show("child", os.read(read, 100))
    os.close(read)
    os.close(write)
    go.set()
    thread.join()


def after_a_fork_in_a_thread(case):
    read, write = os.pipe()

    def work():
        pid = os.fork()
        if pid == 0:
            current = threading.current_thread()
            main = threading.main_thread()
            text = repr((current is main, current.name, threading.active_count()))
            os.write(write, text.encode())
            os._exit(0)
        os.waitpid(pid, 0)

    thread = threading.Thread(target=work, name="forks")
    thread.start()
    thread.join()
    case.show("child", os.read(read, 100))
    os.close(read)
    os.close(write)
