/* The libuv shim, without Python. */
#define _GNU_SOURCE
#include "library/libuv_shim.h"

#define OPS gevent_libuv_ops
#define NAME "libuv"
#define FLAGS 0

#include "shim_tests.h"

static void
test_versions_of_header_and_library_agree(void)
{
    CHECK(gevent_libuv_header_version() >> 16 == 1);
    CHECK(gevent_libuv_header_version() <= gevent_libuv_library_version());
}

/* Nobody tells the kernel any more, which goes on to report the copy. */
static void
test_registration_of_a_closed_number_does_not_spin(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int pair[2], copy;

    CHECK(pipe(pair) == 0 && (copy = dup(pair[0])) >= 0);
    io = start_io(loop, pair[0], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0);
    OPS.record_stop(io);
    close(pair[0]);
    OPS.record_free(io);
    put(pair[1]);
    for (int i = 0; i < 8; i++)
        CHECK(OPS.poll(loop, 0.0001) == 0);
    n_released = 0;
    for (double start = now(); now() - start < 0.02;)
        CHECK(OPS.poll(loop, 0.02) == 0);
    CHECK(n_released <= 2);
    OPS.close(loop);
    close(copy), close(pair[1]);
}

static void
test_number_that_was_named_anew_before_it_closed_leaves_no_trace(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int first[2], second[2], copy;

    CHECK(pipe(first) == 0 && pipe(second) == 0 && (copy = dup(first[0])) >= 0);
    io = start_io(loop, first[0], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0);
    OPS.record_stop(io);
    OPS.io_set(io, first[0], GEVENT_READ);
    CHECK(dup2(second[0], first[0]) == first[0]);
    CHECK(OPS.record_start(io) == 0 && OPS.poll(loop, 0) == 0);
    put(first[1]);
    CHECK(OPS.poll(loop, 0) == 0 && !io->ready);
    put(second[1]);
    CHECK(OPS.poll(loop, 0) == 0 && take(loop, io) == GEVENT_READ);
    OPS.record_free(io);
    OPS.close(loop);
    close(copy);
}

static void
test_blocking_mode_of_a_descriptor_is_left_alone(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int pair[2];

    CHECK(pipe(pair) == 0);
    io = start_io(loop, pair[0], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0);
    CHECK((fcntl(pair[0], F_GETFL) & O_NONBLOCK) == 0);
    OPS.record_free(io);
    OPS.close(loop);
}

static void
test_file_that_the_kernel_does_not_poll_is_always_ready(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int fd = open("/dev/null", O_RDWR);

    io = start_io(loop, fd, GEVENT_READ | GEVENT_WRITE);
    for (int i = 0; i < 3; i++) {
        CHECK(OPS.poll(loop, -1) == 0);
        CHECK(take(loop, io) == (GEVENT_READ | GEVENT_WRITE));
    }
    OPS.record_stop(io);
    CHECK(OPS.poll(loop, 0.0001) == 0 && !io->ready);
    OPS.record_free(io);
    OPS.close(loop);
    close(fd);
}

/* libuv tells the kernel of a number when it runs, which may be long after. */
static void
test_number_that_closed_before_libuv_ran_aborts_nothing(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io[2], *status = OPS.stat_new(loop, "/", 1.);
    int pair[2], null = open("/dev/null", O_RDONLY);

    CHECK(pipe(pair) == 0);
    CHECK(status && OPS.record_start(status) == 0);
    OPS.record_stop(status);
    CHECK(OPS.poll(loop, 0) == 0); /* its descriptor is there now */
    for (int i = 0; i < 2; i++)
        io[i] = start_io(loop, pair[i], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0);
    close(pair[0]);
    CHECK(dup2(null, pair[1]) == pair[1]); /* which the kernel does not poll */
    CHECK(OPS.record_start(status) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(OPS.poll(loop, 0) == 0);
    CHECK(!io[0]->active && take(loop, io[0]) == GEVENT_READ);
    CHECK(take(loop, io[1]) == GEVENT_READ);
    OPS.record_free(status), OPS.record_free(io[0]), OPS.record_free(io[1]);
    CHECK(OPS.poll(loop, 0) == 0);
    OPS.close(loop);
    close(pair[1]), close(null);
}

/* A new descriptor (I9) makes libuv queue all it knows until it runs next. */
static void
test_number_that_closed_after_a_rebuild_aborts_nothing(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *reused, *closed, *status = OPS.stat_new(loop, "/", 1.);
    int first[2], second[2], third[2], copy;

    CHECK(pipe(first) == 0 && pipe(second) == 0 && pipe(third) == 0);
    CHECK((copy = dup(first[0])) >= 0);
    CHECK(status && OPS.record_start(status) == 0); /* so each poll lets libuv run */
    reused = start_io(loop, first[0], GEVENT_READ);
    closed = start_io(loop, third[0], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0);
    OPS.record_stop(reused);
    CHECK(dup2(second[0], first[0]) == first[0]);
    OPS.io_reuse(reused, first[0], GEVENT_READ);
    CHECK(OPS.record_start(reused) == 0 && OPS.poll(loop, 0) == 0);
    put(first[1]); /* which the kernel reports under the number */
    CHECK(OPS.poll(loop, 0) == 0 && !reused->ready);
    close(third[0]);
    CHECK(OPS.poll(loop, 0) == 0);
    CHECK(!closed->active && take(loop, closed) == GEVENT_READ);
    put(second[1]);
    CHECK(OPS.poll(loop, 0) == 0 && take(loop, reused) == GEVENT_READ);
    OPS.record_free(reused), OPS.record_free(closed), OPS.record_free(status);
    OPS.close(loop);
    close(copy);
}

static void
test_signal_in_a_child_does_not_reach_the_parent(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *watcher = OPS.signal_new(loop, SIGUSR1);
    pid_t child;

    CHECK(watcher && OPS.record_start(watcher) == 0);
    if (!(child = check_fork())) {
        raise(SIGUSR1); /* before the loop is the child's own */
        CHECK(OPS.after_fork(loop) == 0);
        CHECK(OPS.poll(loop, 0) == 0 && take(loop, watcher) == 1);
        _exit(0);
    }
    check_child(child);
    CHECK(OPS.poll(loop, 0.001) == 0 && !watcher->ready);
    OPS.record_free(watcher);
    OPS.close(loop);
}

static const check_test tests[] = {
    SHIM_TESTS
    TEST(test_versions_of_header_and_library_agree),
    TEST(test_registration_of_a_closed_number_does_not_spin),
    TEST(test_number_that_was_named_anew_before_it_closed_leaves_no_trace),
    TEST(test_blocking_mode_of_a_descriptor_is_left_alone),
    TEST(test_file_that_the_kernel_does_not_poll_is_always_ready),
    TEST(test_number_that_closed_before_libuv_ran_aborts_nothing),
    TEST(test_number_that_closed_after_a_rebuild_aborts_nothing),
    TEST(test_signal_in_a_child_does_not_reach_the_parent),
    {NULL, NULL},
};

int
main(int argc, char **argv)
{
    return check_main(argc, argv, tests);
}
