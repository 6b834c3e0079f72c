/* What every shim must do, without Python; each shim's test program includes this.
 *
 * It defines before: OPS, the operations; NAME, what they call themselves; and FLAGS, for
 * a loop without inotify if the library has such a flag. */
#ifndef GEVENT_TESTS_SHIM_TESTS_H
#define GEVENT_TESTS_SHIM_TESTS_H

#include "check.h"
#include "library/loop_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

static int n_released, n_acquired;

static void
on_release(void *argument)
{
    CHECK(argument == &n_released);
    n_released++;
}

static void
on_acquire(void *argument)
{
    CHECK(argument == &n_released);
    n_acquired++;
    errno = ENOTTY; /* a hook may change errno */
}

static gevent_loop_state *
open_with(unsigned flags)
{
    gevent_loop_state *loop = OPS.open(flags, on_release, on_acquire, &n_released);

    CHECK(loop);
    return loop;
}

static gevent_loop_state *
open_loop(void)
{
    return open_with(FLAGS);
}

static gevent_record *
start_io(gevent_loop_state *loop, int fd, int events)
{
    gevent_record *io = OPS.io_new(loop, fd, events);

    CHECK(io && OPS.record_start(io) == 0 && io->active);
    return io;
}

static int
n_ready(gevent_loop_state *loop)
{
    int n = 0;

    for (gevent_record *record = loop->ready.first; record; record = record->next)
        n++;
    return n;
}

/* What has fired on the record, which is taken out of the list. */
static int
take(gevent_loop_state *loop, gevent_record *record)
{
    int events = record->events;

    gevent_ready_remove(&loop->ready, record);
    return events;
}

static double
now(void)
{
    struct timespec instant;

    clock_gettime(CLOCK_MONOTONIC, &instant);
    return (double)instant.tv_sec + (double)instant.tv_nsec * 1e-9;
}

static void
put(int fd)
{
    CHECK(write(fd, "x", 1) == 1);
}

static void
take_byte(int fd)
{
    char byte;

    CHECK(read(fd, &byte, 1) == 1);
}

/* -- the table ---------------------------------------------------------------- */

static void
test_table_says_its_version_and_size(void)
{
    CHECK(OPS.version == GEVENT_LOOP_OPS_VERSION && OPS.size == sizeof OPS);
    CHECK(!strcmp(OPS.name, NAME));
}

/* -- loops and backends --------------------------------------------------------- */

static void
test_backend_fd_is_found_among_other_epolls(void)
{
    int others[3], free_number;
    gevent_loop_state *first, *second;

    for (int i = 0; i < 3; i++)
        CHECK((others[i] = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    close(others[1]); /* a hole below: taken by the wake-up descriptor */
    first = open_loop();
    second = open_loop();
    CHECK(OPS.backend_fd(first) >= 0 && OPS.backend_fd(second) >= 0);
    CHECK(OPS.backend_fd(first) != OPS.backend_fd(second));
    free_number = OPS.backend_fd(first);
    OPS.close(first);
    CHECK(fcntl(free_number, F_GETFD) < 0 && errno == EBADF);
    CHECK(fcntl(OPS.backend_fd(second), F_GETFD) == FD_CLOEXEC);
    OPS.close(second);
    close(others[0]), close(others[2]);
}

static void
test_close_leaves_no_descriptor(void)
{
    int before = dup(0), after;
    gevent_loop_state *loop = open_with(0);
    gevent_record *status = OPS.stat_new(loop, "/tmp", 0.);
    gevent_record *signal = OPS.signal_new(loop, SIGUSR1);

    CHECK(OPS.record_start(status) == 0 && OPS.record_start(signal) == 0);
    OPS.record_free(status), OPS.record_free(signal);
    OPS.close(loop);
    after = dup(0);
    CHECK(after == before + 1);
    close(before), close(after);
}

static void
test_no_descriptor_left_makes_open_fail(void)
{
    struct rlimit before, none;

    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = before;
    none.rlim_cur = (rlim_t)dup(0) + 1;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    errno = 0;
    CHECK(!OPS.open(0, NULL, NULL, NULL) && errno == EMFILE);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

/* -- io ---------------------------------------------------------------------------- */

static void
test_readable_then_writable_descriptor(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *both;
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    both = start_io(loop, pair[0], GEVENT_READ | GEVENT_WRITE);
    CHECK(OPS.poll(loop, 0) == 0 && take(loop, both) == GEVENT_WRITE);
    put(pair[1]);
    CHECK(OPS.poll(loop, 0) == 0);
    CHECK(take(loop, both) == (GEVENT_READ | GEVENT_WRITE));
    OPS.record_free(both);
    OPS.close(loop);
}

static void
test_stop_takes_the_record_out_of_the_ready_list(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io[3];
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    for (int i = 0; i < 3; i++)
        io[i] = start_io(loop, pair[0], GEVENT_WRITE);
    CHECK(OPS.poll(loop, 0) == 0 && n_ready(loop) == 3);
    OPS.record_stop(io[1]);
    CHECK(!io[1]->ready && !io[1]->active && !io[1]->events && n_ready(loop) == 2);
    OPS.record_free(io[0]);
    OPS.record_free(io[2]);
    CHECK(!loop->ready.first && !loop->ready.last);
    OPS.record_stop(io[1]); /* no-op */
    OPS.record_free(io[1]);
    OPS.close(loop);
}

static void
test_record_is_in_the_list_once_after_two_polls(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    io = start_io(loop, pair[0], GEVENT_WRITE);
    CHECK(OPS.poll(loop, 0) == 0 && OPS.poll(loop, 0) == 0);
    CHECK(n_ready(loop) == 1);
    OPS.record_free(io);
    OPS.close(loop);
}

static void
test_wrong_descriptors_and_masks_are_refused(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io = OPS.io_new(loop, 2147483647, GEVENT_READ);

    CHECK(!OPS.io_new(loop, -1, GEVENT_READ) && errno == EBADF);
    CHECK(!OPS.io_new(loop, 0, 4) && errno == EINVAL);
    CHECK(OPS.record_start(io) == -1 && errno == EBADF && !io->active);
    OPS.io_set(io, -5, GEVENT_READ);
    CHECK(OPS.record_start(io) == -1 && errno == EBADF && !io->active);
    OPS.record_free(io);
    OPS.close(loop);
}

static void
test_closed_descriptor_fires_both_and_stops(void)
{
    static const double timeouts[] = {0, 0.001, -1};
    gevent_loop_state *loop = open_loop();
    gevent_record *io;

    for (int i = 0; i < 3; i++) {
        int fd = dup(0);
        io = start_io(loop, fd, GEVENT_READ | GEVENT_WRITE);
        close(fd);
        CHECK(OPS.poll(loop, timeouts[i]) == 0);
        CHECK(io->ready && !io->active);
        CHECK(io->events == (GEVENT_READ | GEVENT_WRITE));
        OPS.record_stop(io); /* inactive already, yet it leaves the list */
        CHECK(!io->ready && !loop->ready.first);
        OPS.record_free(io);
    }
    OPS.close(loop);
}

static void
test_own_backend_descriptor_is_refused(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io = OPS.io_new(loop, OPS.backend_fd(loop), GEVENT_READ);

    CHECK(OPS.record_start(io) == -1 && errno == EINVAL && !io->active);
    OPS.record_free(io);
    OPS.close(loop);
}

/* libev takes at most 64 events at first. */
static void
poll_until_ready(gevent_loop_state *loop, int n)
{
    while (n_ready(loop) < n)
        CHECK(OPS.poll(loop, -1) == 0);
    CHECK(OPS.poll(loop, 0) == 0 && n_ready(loop) == n);
}

static void
test_many_descriptors_start_and_stop_in_any_order(void)
{
    enum { N = 300 };
    gevent_loop_state *loop = open_loop();
    gevent_record *io[N];
    int pair[2], fds[N];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    for (int i = 0; i < N; i++) {
        fds[i] = fcntl(pair[0], F_DUPFD_CLOEXEC, 10 + 3 * (i % 7));
        io[i] = start_io(loop, fds[i], GEVENT_WRITE);
    }
    for (int i = 0; i < N; i += 2)
        OPS.record_stop(io[i]);
    poll_until_ready(loop, N / 2);
    for (int i = 0; i < N; i += 2)
        CHECK(OPS.record_start(io[i]) == 0);
    poll_until_ready(loop, N);
    for (int i = N - 1; i >= 0; i--) {
        OPS.record_free(io[i]);
        close(fds[i]);
    }
    CHECK(OPS.poll(loop, 0) == 0 && !loop->ready.first);
    OPS.close(loop);
}

static void
test_io_set_finds_the_new_file_behind_an_old_number(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int first[2], second[2];

    CHECK(pipe(first) == 0 && pipe(second) == 0);
    io = start_io(loop, first[0], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0 && !io->ready);
    OPS.record_stop(io);
    CHECK(dup2(second[0], first[0]) == first[0]);
    put(second[1]);
    OPS.io_set(io, first[0], GEVENT_READ);
    CHECK(OPS.record_start(io) == 0);
    CHECK(OPS.poll(loop, 0) == 0 && take(loop, io) == GEVENT_READ);
    OPS.record_free(io);
    OPS.close(loop);
}

/* -- waiting ----------------------------------------------------------------------- */

static void
test_hooks_run_in_pairs_around_a_wait_only(void)
{
    static const double timeouts[] = {0.0003, 0.003};
    gevent_loop_state *loop = open_loop();

    CHECK(n_released == 0 && n_acquired == 0);
    CHECK(OPS.poll(loop, 0) == 0 && n_released == 0);
    for (int i = 0; i < 2; i++) {
        CHECK(OPS.poll(loop, timeouts[i]) == 0);
        CHECK(n_released == i + 1 && n_acquired == i + 1);
    }
    OPS.close(loop);
}

static void
test_wait_is_never_shorter_than_its_timeout(void)
{
    static const double timeouts[] = {1e-9, 0.0002, 0.0019, 0.0021, 0.0052};
    gevent_loop_state *loop = open_loop();

    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        double began = now();
        CHECK(OPS.poll(loop, timeouts[i]) == 0);
        CHECK(now() - began >= timeouts[i]);
    }
    OPS.close(loop);
}

static void
test_sub_millisecond_wait_is_precise(void)
{
    gevent_loop_state *loop = open_loop();
    double best = 1;

    for (int i = 0; i < 50; i++) { /* the best of many: the machine is busy */
        double began = now(), took;
        CHECK(OPS.poll(loop, 0.0002) == 0);
        took = now() - began;
        best = took < best ? took : best;
    }
    CHECK(best < 0.0009); /* libev alone waits a whole millisecond */
    OPS.close(loop);
}

static void
test_readiness_ends_short_and_long_waits(void)
{
    static const double timeouts[] = {0.0019, 50, -1, 1e300};
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int pair[2];

    CHECK(pipe(pair) == 0);
    io = start_io(loop, pair[0], GEVENT_READ);
    put(pair[1]);
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        CHECK(OPS.poll(loop, timeouts[i]) == 0);
        CHECK(take(loop, io) == GEVENT_READ);
    }
    OPS.record_free(io);
    OPS.close(loop);
}

static void
test_closed_backend_fd_is_an_error_of_poll(void)
{
    gevent_loop_state *loop = open_loop();

    close(OPS.backend_fd(loop));
    CHECK(OPS.poll(loop, 1) == -1 && errno == EBADF);
    CHECK(OPS.poll(loop, 0) == -1 && errno == EBADF);
    OPS.close(loop);
}

/* -- waking ------------------------------------------------------------------------ */

static void
test_earlier_wakeup_ends_the_next_blocking_poll_only(void)
{
    static const double timeouts[] = {-1, 50, 0.0019};
    gevent_loop_state *loop = open_loop();

    for (int i = 0; i < 3; i++) {
        OPS.wakeup(loop);
        OPS.wakeup(loop);
        CHECK(OPS.poll(loop, 0) == 0); /* does not use it up */
        CHECK(OPS.poll(loop, timeouts[i]) == 0);
        CHECK(n_released == 0 && !loop->ready.first);
    }
    CHECK(OPS.poll(loop, 0.003) == 0 && n_released == 1);
    OPS.close(loop);
}

typedef struct waker {
    gevent_loop_state *loop;
    sem_t begin;
    int n_rounds;
} waker;

static void *
wake_each_round(void *argument)
{
    waker *self = argument;

    for (int i = 0; i < self->n_rounds; i++) {
        sem_wait(&self->begin);
        OPS.wakeup(self->loop);
    }
    return NULL;
}

static void
wake_from_thread(double timeout, int n_rounds)
{
    waker other = {.loop = open_loop(), .n_rounds = n_rounds};
    pthread_t thread;

    CHECK(sem_init(&other.begin, 0, 0) == 0);
    CHECK(pthread_create(&thread, NULL, wake_each_round, &other) == 0);
    for (int i = 0; i < n_rounds; i++) {
        CHECK(sem_post(&other.begin) == 0);
        CHECK(OPS.poll(other.loop, timeout) == 0); /* before, in or after it */
    }
    CHECK(pthread_join(thread, NULL) == 0);
    OPS.close(other.loop);
}

static void
test_wakeup_of_another_thread_is_never_lost(void)
{
    wake_from_thread(-1, 3000);
}

static void
test_wakeup_of_another_thread_meets_short_waits(void)
{
    wake_from_thread(0.0015, 500);
}

static gevent_loop_state *signalled_loop;

static void
wake_from_handler(int signum)
{
    (void)signum;
    OPS.wakeup(signalled_loop);
}

static void
test_wakeup_from_a_signal_handler_ends_a_poll(void)
{
    struct itimerspec in_5_ms = {.it_value = {0, 5000000}};
    timer_t timer;

    signalled_loop = open_loop();
    CHECK(signal(SIGUSR2, wake_from_handler) != SIG_ERR);
    CHECK(timer_create(CLOCK_MONOTONIC,
                       &(struct sigevent){.sigev_notify = SIGEV_SIGNAL,
                                          .sigev_signo = SIGUSR2},
                       &timer) == 0);
    CHECK(timer_settime(timer, 0, &in_5_ms, NULL) == 0);
    CHECK(OPS.poll(signalled_loop, -1) == 0);
    timer_delete(timer);
    OPS.close(signalled_loop);
}

/* -- signals ------------------------------------------------------------------------ */

static void
handler_before(int signum)
{
    (void)signum;
}

static void
handler_other(int signum)
{
    (void)signum;
}

static void (*current_handler(int signum))(int)
{
    struct sigaction action;

    CHECK(sigaction(signum, NULL, &action) == 0);
    return action.sa_handler;
}

static void
test_signal_is_appended_and_the_handler_restored(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *first = OPS.signal_new(loop, SIGUSR1);
    gevent_record *second = OPS.signal_new(loop, SIGUSR1);

    CHECK(signal(SIGUSR1, handler_before) != SIG_ERR);
    CHECK(OPS.record_start(first) == 0 && OPS.record_start(second) == 0);
    CHECK(OPS.record_start(first) == 0); /* no-op */
    raise(SIGUSR1);
    CHECK(OPS.poll(loop, -1) == 0);
    CHECK(take(loop, first) == 1 && take(loop, second) == 1);
    OPS.record_stop(first);
    CHECK(current_handler(SIGUSR1) != handler_before);
    OPS.record_stop(second);
    CHECK(current_handler(SIGUSR1) == handler_before);
    CHECK(OPS.record_start(second) == 0); /* once more from the beginning */
    OPS.record_free(second);
    CHECK(current_handler(SIGUSR1) == handler_before);
    OPS.record_free(first);
    OPS.close(loop);
}

static void
test_handler_that_replaced_ours_stays(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *watcher = OPS.signal_new(loop, SIGUSR1);

    CHECK(OPS.record_start(watcher) == 0);
    CHECK(signal(SIGUSR1, handler_other) != SIG_ERR);
    OPS.record_free(watcher);
    CHECK(current_handler(SIGUSR1) == handler_other);
    OPS.close(loop);
}

static void
test_signal_numbers_out_of_range_are_refused(void)
{
    static const int wrong[] = {0, -1, 65, 1000};
    gevent_loop_state *loop = open_loop();

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        errno = 0;
        CHECK(!OPS.signal_new(loop, wrong[i]) && errno == EINVAL);
    }
    OPS.close(loop);
}

static void
test_second_loop_cannot_take_a_watched_signal(void)
{
    gevent_loop_state *owner = open_loop(), *other = open_loop();
    gevent_record *held = OPS.signal_new(owner, SIGUSR1);
    gevent_record *refused = OPS.signal_new(other, SIGUSR1);

    CHECK(OPS.record_start(held) == 0);
    CHECK(OPS.record_start(refused) == -1 && errno == EBUSY && !refused->active);
    OPS.record_stop(held);
    CHECK(OPS.record_start(refused) == 0);
    OPS.record_free(held), OPS.record_free(refused);
    OPS.close(owner), OPS.close(other);
}

static void
test_child_exit_is_left_to_the_program(void)
{
    gevent_loop_state *loop = open_loop();
    void (*before)(int) = current_handler(SIGCHLD);
    pid_t child = check_fork();

    if (!child)
        _exit(0);
    CHECK(OPS.poll(loop, 0.01) == 0);
    CHECK(current_handler(SIGCHLD) == before);
    check_child(child); /* nobody has reaped it */
    OPS.close(loop);
}

/* -- file status ------------------------------------------------------------------- */

static void
stat_sees_a_file_appear(unsigned flags)
{
    char path[] = "/tmp/gevent-native-XXXXXX";
    gevent_loop_state *loop = open_with(flags);
    gevent_record *status;
    int fd = mkstemp(path);

    CHECK(fd >= 0 && close(fd) == 0 && unlink(path) == 0);
    CHECK((status = OPS.stat_new(loop, path, 0.11)) != NULL);
    CHECK(OPS.record_start(status) == 0);
    CHECK(OPS.stat_current(status)->st_nlink == 0);
    CHECK((fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) >= 0);
    while (!status->ready)
        CHECK(OPS.poll(loop, -1) == 0);
    CHECK(take(loop, status) == 1);
    CHECK(OPS.stat_current(status)->st_nlink == 1);
    CHECK(OPS.stat_previous(status)->st_nlink == 0);
    OPS.record_free(status);
    OPS.close(loop);
    CHECK(close(fd) == 0 && unlink(path) == 0);
}

static void
test_stat_sees_a_file_appear_with_inotify(void)
{
    stat_sees_a_file_appear(0);
}

/* -- fork ---------------------------------------------------------------------------- */

static void
test_child_stops_its_records_and_the_parent_still_receives(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int pair[2];
    pid_t child;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    io = start_io(loop, pair[0], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0);
    if (!(child = check_fork())) {
        CHECK(OPS.after_fork(loop) == 0);
        OPS.record_stop(io);
        CHECK(OPS.poll(loop, 0) == 0);
        OPS.record_free(io);
        OPS.close(loop);
        exit(0);
    }
    check_child(child);
    put(pair[1]);
    CHECK(OPS.poll(loop, -1) == 0 && take(loop, io) == GEVENT_READ);
    OPS.record_free(io);
    OPS.close(loop);
}

static void
test_child_watches_with_kernel_objects_of_its_own(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int pair[2];
    pid_t child;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    io = start_io(loop, pair[0], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0);
    if (!(child = check_fork())) {
        CHECK(OPS.after_fork(loop) == 0 && io->active);
        CHECK(fcntl(OPS.backend_fd(loop), F_GETFD) >= 0);
        put(pair[1]);
        CHECK(OPS.poll(loop, -1) == 0 && take(loop, io) == GEVENT_READ);
        take_byte(pair[0]);
        CHECK(OPS.poll(loop, 0.0005) == 0 && !io->ready);
        exit(0);
    }
    check_child(child);
    CHECK(OPS.poll(loop, 0.001) == 0 && !io->ready);
    OPS.record_free(io);
    OPS.close(loop);
}

static void *
wake_once(void *loop)
{
    OPS.wakeup(loop);
    return NULL;
}

static void
test_wakeup_in_the_child_does_not_reach_the_parent(void)
{
    gevent_loop_state *loop = open_loop();
    pid_t child = check_fork();

    if (!child) {
        pthread_t thread;

        CHECK(OPS.after_fork(loop) == 0);
        for (int i = 0; i < 100; i++) {
            CHECK(pthread_create(&thread, NULL, wake_once, loop) == 0);
            CHECK(OPS.poll(loop, -1) == 0);
            pthread_join(thread, NULL);
        }
        exit(0);
    }
    check_child(child);
    n_released = n_acquired = 0;
    double began = now();
    CHECK(OPS.poll(loop, 0.005) == 0);
    CHECK(now() - began >= 0.005); /* nothing ended it early */
    OPS.close(loop);
}

static void
test_signal_and_stat_go_on_in_the_child(void)
{
    gevent_loop_state *loop = open_with(0);
    gevent_record *watcher = OPS.signal_new(loop, SIGUSR1);
    gevent_record *status = OPS.stat_new(loop, "/tmp", 0.);
    pid_t child;

    CHECK(OPS.record_start(watcher) == 0 && OPS.record_start(status) == 0);
    CHECK(OPS.poll(loop, 0) == 0);
    if (!(child = check_fork())) {
        CHECK(OPS.after_fork(loop) == 0);
        OPS.record_free(status);
        raise(SIGUSR1);
        while (!watcher->ready)
            CHECK(OPS.poll(loop, -1) == 0);
        OPS.record_free(watcher);
        OPS.close(loop);
        exit(0);
    }
    check_child(child);
    OPS.record_free(watcher), OPS.record_free(status);
    OPS.close(loop);
}

static void
test_child_that_stops_a_stat_leaves_the_parents_watch(void)
{
    char path[] = "/tmp/gevent-native-XXXXXX";
    gevent_loop_state *loop = open_with(0);
    gevent_record *status;
    int fd = mkstemp(path);
    pid_t child;

    CHECK(fd >= 0);
    /* so slow a poll that only inotify can end the wait in time */
    CHECK((status = OPS.stat_new(loop, path, 1000.)) != NULL);
    CHECK(OPS.record_start(status) == 0 && OPS.poll(loop, 0) == 0);
    if (!(child = check_fork())) {
        CHECK(OPS.after_fork(loop) == 0);
        OPS.record_free(status);
        OPS.close(loop);
        exit(0);
    }
    check_child(child);
    put(fd);
    while (!status->ready)
        CHECK(OPS.poll(loop, 20) == 0);
    CHECK(OPS.stat_current(status)->st_size == 1);
    OPS.record_free(status);
    OPS.close(loop);
    CHECK(close(fd) == 0 && unlink(path) == 0);
}

static void
test_child_closes_descriptors_before_the_loop_is_remade(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *closed, *kept;
    int first[2], second[2];
    pid_t child;

    CHECK(pipe(first) == 0 && pipe(second) == 0);
    closed = start_io(loop, first[0], GEVENT_READ);
    kept = start_io(loop, second[0], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0);
    if (!(child = check_fork())) {
        close(first[0]);
        CHECK(OPS.after_fork(loop) == 0);
        CHECK(closed->ready && !closed->active && kept->active);
        OPS.record_free(closed), OPS.record_free(kept);
        OPS.close(loop);
        exit(0);
    }
    check_child(child);
    CHECK(closed->active);
    OPS.record_free(closed), OPS.record_free(kept);
    OPS.close(loop);
}

/* -- the table -------------------------------------------------------------------- */

#define SHIM_TESTS                                                    \
    TEST(test_table_says_its_version_and_size),                       \
    TEST(test_backend_fd_is_found_among_other_epolls),                \
    TEST(test_close_leaves_no_descriptor),                            \
    TEST(test_no_descriptor_left_makes_open_fail),                    \
    TEST(test_readable_then_writable_descriptor),                     \
    TEST(test_stop_takes_the_record_out_of_the_ready_list),           \
    TEST(test_record_is_in_the_list_once_after_two_polls),            \
    TEST(test_wrong_descriptors_and_masks_are_refused),               \
    TEST(test_closed_descriptor_fires_both_and_stops),                \
    TEST(test_own_backend_descriptor_is_refused),                     \
    TEST(test_many_descriptors_start_and_stop_in_any_order),          \
    TEST(test_io_set_finds_the_new_file_behind_an_old_number),        \
    TEST(test_hooks_run_in_pairs_around_a_wait_only),                 \
    TEST(test_wait_is_never_shorter_than_its_timeout),                \
    TEST(test_sub_millisecond_wait_is_precise),                       \
    TEST(test_readiness_ends_short_and_long_waits),                   \
    TEST(test_closed_backend_fd_is_an_error_of_poll),                 \
    TEST(test_earlier_wakeup_ends_the_next_blocking_poll_only),       \
    TEST(test_wakeup_of_another_thread_is_never_lost),                \
    TEST(test_wakeup_of_another_thread_meets_short_waits),            \
    TEST(test_wakeup_from_a_signal_handler_ends_a_poll),              \
    TEST(test_signal_is_appended_and_the_handler_restored),           \
    TEST(test_handler_that_replaced_ours_stays),                      \
    TEST(test_signal_numbers_out_of_range_are_refused),               \
    TEST(test_second_loop_cannot_take_a_watched_signal),              \
    TEST(test_child_exit_is_left_to_the_program),                     \
    TEST(test_stat_sees_a_file_appear_with_inotify),                  \
    TEST(test_child_stops_its_records_and_the_parent_still_receives), \
    TEST(test_child_watches_with_kernel_objects_of_its_own),          \
    TEST(test_wakeup_in_the_child_does_not_reach_the_parent),         \
    TEST(test_signal_and_stat_go_on_in_the_child),                    \
    TEST(test_child_that_stops_a_stat_leaves_the_parents_watch),      \
    TEST(test_child_closes_descriptors_before_the_loop_is_remade),

#endif
