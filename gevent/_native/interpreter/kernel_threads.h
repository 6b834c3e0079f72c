/* What the kernel tells of the threads of this process (Linux).
 *
 * Nothing here needs the GIL, so that it can be asked while another thread holds that.
 */
#ifndef GEVENT_KERNEL_THREADS_H
#define GEVENT_KERNEL_THREADS_H

#include <Python.h>

#if defined(__linux__) && defined(__GLIBC__)

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_futex
#define SYS_futex -1
#endif

enum gevent_thread_state {
    GEVENT_NOT_KNOWN = 0,
    GEVENT_RUNS = 1,
    GEVENT_WAITS = 2,
    GEVENT_WAITS_FOR_GIL = 3,
};

/* Nanoseconds that a thread has run; -1: not known.
 *
 * The number of its clock is made as glibc makes it in pthread_getcpuclockid, which wants
 * a pthread_t, and so one that surely lives.
 */
static long long
gevent_run_time(long native_ident)
{
    struct timespec ran;
    clockid_t clock = (clockid_t)(~(unsigned int)native_ident << 3 | 6);
    if (clock_gettime(clock, &ran) != 0)
        return -1;
    return ran.tv_sec * 1000000000LL + ran.tv_nsec;
}

/* The lock is a part of the interpreter's own state, and so is what waits for it. */
static int
gevent_is_of_runtime(uintptr_t address)
{
    Dl_info info;
    return dladdr((void *)address, &info) && info.dli_sname != NULL &&
           strcmp(info.dli_sname, "_PyRuntime") == 0;
}

static int
gevent_thread_state(long native_ident)
{
    char text[256];
    char *rest;
    snprintf(text, sizeof text, "/proc/self/task/%ld/syscall", native_ident);
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return GEVENT_NOT_KNOWN;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return GEVENT_NOT_KNOWN;
    text[length] = 0;
    if (strncmp(text, "running", 7) == 0)
        return GEVENT_RUNS;
    if (strtol(text, &rest, 10) != SYS_futex)
        return GEVENT_WAITS;
    return gevent_is_of_runtime((uintptr_t)strtoull(rest, NULL, 16))
               ? GEVENT_WAITS_FOR_GIL
               : GEVENT_WAITS;
}

/* To be asked with the GIL: whether another thread is in C code that goes on without.
 *
 * One that has just let go of the GIL is on its way to wait for it: that takes some
 * microseconds of its time, and as long as others keep it from the processor.
 */
static int
gevent_runs_without_gil(long native_ident)
{
    long long before = gevent_run_time(native_ident);
    for (int i = 0; i < 40; ++i) {
        int state = gevent_thread_state(native_ident);
        if (state != GEVENT_RUNS)
            return state == GEVENT_WAITS;
        if (before < 0)
            return 0;
        if (gevent_run_time(native_ident) - before > 500000)
            return 1;
        usleep(250);
    }
    return 0;
}

#else

static long long
gevent_run_time(long native_ident)
{
    (void)native_ident;
    return -1;
}

static int
gevent_runs_without_gil(long native_ident)
{
    (void)native_ident;
    return 0;
}

#endif
#endif
