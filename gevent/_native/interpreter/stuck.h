/* Where a thread stands that runs no Python code: written by a signal handler.
 *
 * The handler of the signal with which `python -m gevent ps` asks. Mostly it does what
 * the interpreter's own does: it notes the signal (PyErr_SetInterruptEx, which is made
 * for that), and the Python handler runs at the next bytecode, or after the call that
 * the signal interrupted. If that does not come to pass, the thread is in C code. The
 * asker then makes a file for the answer and sends the signal again; this handler finds
 * the file and writes the innermost C functions and the Python stack into it.
 *
 * Async-signal-safety. A handler may run between any two instructions, so it takes no
 * lock, allocates nothing, and touches no reference count:
 *
 * - open, openat, fstat, read, write, close, getpid, geteuid are on POSIX's list.
 * - The unwinder of the compiler reads the stack of this thread and tables of loaded
 *   objects. glibc finds these without a lock since 2.35. Before, and for dladdr, it
 *   takes the lock of the loader, which the same thread may take again; it waits for
 *   another thread that is loading something.
 * - The Python frames are those of this thread, which stands still meanwhile. They are
 *   read as the interpreter's own faulthandler reads them, without the GIL. The code
 *   objects are borrowed from the frames; their texts are never written again.
 *
 * Between any two instructions the stack may be half switched, or a Python frame half
 * made (tried: reading them then ends in a crash within some hundred signals). So only the
 * main thread is looked at, and only while the Python handler has been due for a while
 * without having run (STUCK3): then it is in C code, where frames are whole, or waits for
 * the GIL.
 *
 * A greenlet's C stack ends in greenlet's own code; what lies above belongs to others
 * and may be stale. The unwinding ends there (STUCK1).
 *
 * Whom it writes for. The folder must belong to the effective user of this process, no
 * link, and be closed to others; so that only that user, and root, can have made the
 * file. Nothing is ever created here.
 *
 * Interrupted calls go on by themselves (SA_RESTART): C libraries need not expect the
 * signal. But the interpreter's own wait for a lock, of `Thread.join` for instance, is
 * made to be interrupted: it runs Python handlers and waits again. So when that is where
 * the thread stands, the next signal interrupts it.
 *
 * STUCK1  No frame is looked at beyond the first one in greenlet's module.
 * STUCK2  gevent_interrupts is set exactly while our handler is installed without
 *     SA_RESTART. Handler and flag are changed in the handler only, which its own
 *     signal does not interrupt.
 * STUCK3  gevent_is_due is set, and gevent_due_since written before, by the handler when it
 *     notes the signal; the Python handler resets it, first of all. Both are the main
 *     thread's.
 */
#ifndef GEVENT_STUCK_H
#define GEVENT_STUCK_H

#include <Python.h>

#if defined(__linux__) && defined(__GLIBC__)
#define GEVENT_HAS_STUCK 1
#else
#define GEVENT_HAS_STUCK 0
#endif

#if GEVENT_HAS_STUCK

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#if PY_VERSION_HEX < 0x03100000
#define GEVENT_READS_FRAMES 1
#define Py_BUILD_CORE 1
#if PY_VERSION_HEX >= 0x030e0000
#include "internal/pycore_interpframe.h"
#else
#include "internal/pycore_frame.h"
#endif
#undef Py_BUILD_CORE
#if PY_VERSION_HEX >= 0x030d0000
#define gevent_stuck_top(thread) (thread)->current_frame
#else
#define gevent_stuck_top(thread) (thread)->cframe->current_frame
#endif
#if PY_VERSION_HEX >= 0x030d0000
#define gevent_stuck_code(frame) _PyFrame_GetCode(frame)
#else
#define gevent_stuck_code(frame) (frame)->f_code
#endif
#if PY_VERSION_HEX >= 0x030c0000
#define gevent_stuck_offset PyUnstable_InterpreterFrame_GetLasti
#else
#define gevent_stuck_offset(frame) \
    (_PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT))
#endif
#else
#define GEVENT_READS_FRAMES 0
#endif

enum { GEVENT_MOST_C_FRAMES = 64, GEVENT_MOST_PYTHON_FRAMES = 100 };

/* Written once, before the handler is installed. */
static void *gevent_greenlet_module = NULL;

static volatile sig_atomic_t gevent_interrupts = 0;

static volatile sig_atomic_t gevent_is_due = 0;
static struct timespec gevent_due_since;

/* Milliseconds after which a thread that runs Python code would have answered. */
enum { GEVENT_LONG_DUE = 500 };

static int gevent_install_look(int signum, int restarts);

/* -- writing ------------------------------------------------------------------- */

typedef struct gevent_text {
    int fd;
    size_t used;
    char bytes[512];
} gevent_text;

static void
gevent_flush(gevent_text *text)
{
    size_t done = 0;
    while (done < text->used) {
        ssize_t n = write(text->fd, text->bytes + done, text->used - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    text->used = 0;
}

static void
gevent_put_char(gevent_text *text, char c)
{
    if (text->used == sizeof text->bytes)
        gevent_flush(text);
    text->bytes[text->used++] = c;
}

static void
gevent_put(gevent_text *text, const char *chars)
{
    while (*chars)
        gevent_put_char(text, *chars++);
}

static void
gevent_put_number(gevent_text *text, unsigned long number, unsigned int base)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    while (n)
        gevent_put_char(text, digits[--n]);
}

/* -- C functions ---------------------------------------------------------------- */

typedef struct gevent_unwinding {
    gevent_text *text;
    uintptr_t from; /* where the signal came; 0: not known */
    int is_past;    /* the frames of the handler itself are behind us */
    int n_frames;
    int is_in_lock; /* the interpreter waits for a lock */
} gevent_unwinding;

static _Unwind_Reason_Code
gevent_put_c_frame(struct _Unwind_Context *context, void *argument)
{
    gevent_unwinding *state = (gevent_unwinding *)argument;
    uintptr_t at = (uintptr_t)_Unwind_GetIP(context);
    Dl_info info;

    if (at == state->from)
        state->is_past = 1;
    if (!state->is_past)
        return _URC_NO_REASON;
    memset(&info, 0, sizeof info);
    if (dladdr((void *)at, &info) && info.dli_fbase == gevent_greenlet_module)
        return _URC_END_OF_STACK; /* STUCK1 */
    gevent_put(state->text, "c ");
    if (info.dli_sname != NULL) {
        if (strcmp(info.dli_sname, "PyThread_acquire_lock_timed") == 0)
            state->is_in_lock = 1;
        gevent_put(state->text, info.dli_sname);
        gevent_put(state->text, "+0x");
        gevent_put_number(state->text, at - (uintptr_t)info.dli_saddr, 16);
    }
    else {
        gevent_put(state->text, "0x");
        gevent_put_number(state->text, at - (uintptr_t)info.dli_fbase, 16);
    }
    gevent_put(state->text, " in ");
    gevent_put(state->text, info.dli_fname != NULL ? info.dli_fname : "?");
    gevent_put_char(state->text, '\n');
    return ++state->n_frames < GEVENT_MOST_C_FRAMES ? _URC_NO_REASON
                                                    : _URC_END_OF_STACK;
}

static uintptr_t
gevent_interrupted_at(void *context)
{
#if defined(__x86_64__)
    return (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)((ucontext_t *)context)->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

/* -- Python functions ------------------------------------------------------------- */

#if GEVENT_READS_FRAMES
static void
gevent_put_unicode(gevent_text *text, PyObject *value)
{
    if (value == NULL || !PyUnicode_Check(value)) {
        gevent_put_char(text, '?');
        return;
    }
    int kind = PyUnicode_KIND(value);
    const void *data = PyUnicode_DATA(value);
    Py_ssize_t length = PyUnicode_GET_LENGTH(value);
    for (Py_ssize_t i = 0; i < length && i < 400; ++i) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        gevent_put_char(text, c >= 32 && c < 127 ? (char)c : '?');
    }
}

static void
gevent_put_python_frames(gevent_text *text)
{
    PyThreadState *thread = PyGILState_GetThisThreadState();
    if (thread == NULL)
        return;
    _PyInterpreterFrame *frame = gevent_stuck_top(thread);
    for (int n = 0; frame != NULL && n < GEVENT_MOST_PYTHON_FRAMES;
         frame = frame->previous) {
        if (_PyFrame_IsIncomplete(frame))
            continue;
        PyCodeObject *code = (PyCodeObject *)gevent_stuck_code(frame);
        int line = PyCode_Addr2Line(code, gevent_stuck_offset(frame));
        gevent_put(text, "python ");
        gevent_put_unicode(text, code->co_filename);
        gevent_put_char(text, ':');
        gevent_put_number(text, line < 0 ? 0 : (unsigned long)line, 10);
        gevent_put(text, " in ");
        gevent_put_unicode(text, code->co_qualname);
        gevent_put_char(text, '\n');
        ++n;
    }
}
#else
static void
gevent_put_python_frames(gevent_text *text)
{
    (void)text;
}
#endif

/* -- the asker's file --------------------------------------------------------------- */

static void
gevent_append(char *path, size_t *length, const char *chars)
{
    while (*chars)
        path[(*length)++] = *chars++;
}

static void
gevent_append_number(char *path, size_t *length, unsigned long number)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (n)
        path[(*length)++] = digits[--n];
}

/* The file that an asker has made below *base* for where we stand, or -1. */
static int
gevent_open_below(const char *base, int asker)
{
    char path[128];
    size_t length = 0;
    struct stat status;
    uid_t me = geteuid();

    gevent_append(path, &length, base);
    if (strcmp(base, "/tmp") != 0)
        gevent_append_number(path, &length, (unsigned long)me);
    gevent_append(path, &length, "/gevent-look-");
    gevent_append_number(path, &length, (unsigned long)getpid());
    gevent_append(path, &length, "-");
    gevent_append_number(path, &length, (unsigned long)asker);
    path[length] = 0;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return -1;
    int fd = -1;
    if (fstat(folder, &status) == 0 && status.st_uid == me &&
        (status.st_mode & 077) == 0)
        fd = openat(folder, "position",
                    O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    close(folder);
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int
gevent_write_position(int signum, int asker, void *context)
{
    int fd = gevent_open_below("/run/user/", asker);
    if (fd < 0)
        fd = gevent_open_below("/tmp", asker);
    if (fd < 0)
        return 0;
    gevent_text text = {.fd = fd, .used = 0};
    uintptr_t from = gevent_interrupted_at(context);
    gevent_unwinding state = {.text = &text, .from = from, .is_past = from == 0};
    _Unwind_Backtrace(gevent_put_c_frame, &state);
    gevent_put_python_frames(&text);
    gevent_put(&text, "end\n");
    gevent_flush(&text);
    close(fd);
    if (state.is_in_lock && gevent_install_look(signum, 0))
        gevent_interrupts = 1;
    return 1;
}

/* Note the signal for the Python handler. */
static void
gevent_note_look(int signum)
{
    if (!gevent_is_due && clock_gettime(CLOCK_MONOTONIC, &gevent_due_since) == 0)
        gevent_is_due = 1;
    PyErr_SetInterruptEx(signum);
}

/* STUCK3 */
static int
gevent_is_stuck(void)
{
    struct timespec now;

    if (!gevent_is_due || clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (now.tv_sec - gevent_due_since.tv_sec) * 1000 +
               (now.tv_nsec - gevent_due_since.tv_nsec) / 1000000 >=
           GEVENT_LONG_DUE;
}

static void
gevent_on_look(int signum, siginfo_t *info, void *context)
{
    int saved = errno;
    if (syscall(SYS_gettid) != getpid()) {
        PyErr_SetInterruptEx(signum);
    }
    else if (info == NULL || !gevent_is_stuck() ||
             !gevent_write_position(signum, (int)info->si_pid, context)) {
        if (gevent_interrupts && gevent_install_look(signum, 1))
            gevent_interrupts = 0;
        gevent_note_look(signum);
    }
    errno = saved;
}

/* The Python handler runs. */
static void
gevent_look_arrived(void)
{
    gevent_is_due = 0;
}

/* -- installing --------------------------------------------------------------------- */

/* Whether nobody handles or ignores a signal. */
static int
gevent_signal_is_free(int signum)
{
    struct sigaction now;
    return sigaction(signum, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
           now.sa_handler == SIG_DFL;
}

static int
gevent_install_look(int signum, int restarts)
{
    struct sigaction wanted;

    memset(&wanted, 0, sizeof wanted);
    wanted.sa_sigaction = gevent_on_look;
    wanted.sa_flags = SA_SIGINFO | SA_ONSTACK | (restarts ? SA_RESTART : 0);
    sigemptyset(&wanted.sa_mask);
    return sigaction(signum, &wanted, NULL) == 0;
}

/* Put ours in the place of the interpreter's handler. */
static int
gevent_handle_look(int signum, void *in_greenlet)
{
    Dl_info info;

    if (dladdr(in_greenlet, &info))
        gevent_greenlet_module = info.dli_fbase;
    gevent_interrupts = 0;
    return gevent_install_look(signum, 1);
}

#else /* no such handler here: the interpreter's stays */

static void
gevent_look_arrived(void)
{
}

static int
gevent_signal_is_free(int signum)
{
    (void)signum;
    return 1;
}

static int
gevent_handle_look(int signum, void *in_greenlet)
{
    (void)signum;
    (void)in_greenlet;
    return 0;
}

#endif
#endif
