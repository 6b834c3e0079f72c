/* The libev shim, without Python. */
#define _GNU_SOURCE
#include "library/libev_shim.h"

#include <ev.h>

#define OPS gevent_libev_ops
#define NAME "libev"
#define FLAGS EVFLAG_NOINOTIFY

#include "shim_tests.h"

static void
test_versions_of_header_and_library_agree(void)
{
    CHECK(gevent_libev_header_major() == gevent_libev_library_major());
    CHECK(gevent_libev_header_minor() <= gevent_libev_library_minor());
    CHECK(gevent_libev_recommended() & gevent_libev_supported());
    CHECK((gevent_libev_embeddable() & ~0xffffu) == 0);
}

static void
test_unknown_backend_is_refused_with_errno(void)
{
    errno = 0;
    CHECK(!OPS.open(EVBACKEND_DEVPOLL, NULL, NULL, NULL));
    CHECK(errno != 0);
}

static void
test_each_backend_reports_readiness_and_its_name(void)
{
    static const struct { unsigned flag; const char *name; } backends[] = {
        {EVBACKEND_EPOLL, "epoll"},       {EVBACKEND_POLL, "poll"},
        {EVBACKEND_SELECT, "select"},     {EVBACKEND_LINUXAIO, "linuxaio"},
        {EVBACKEND_IOURING, "iouring"},
    };

    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        gevent_loop_state *loop = OPS.open(backends[i].flag, NULL, NULL, NULL);
        gevent_record *io;
        int pair[2];

        if (!loop) /* the kernel may forbid io_uring and aio */
            continue;
        CHECK(OPS.backend_flag(loop) == backends[i].flag);
        CHECK(!strcmp(OPS.backend_name(loop), backends[i].name));
        CHECK((OPS.backend_fd(loop) >= 0) == (backends[i].flag == EVBACKEND_EPOLL));
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        io = start_io(loop, pair[0], GEVENT_READ);
        put(pair[1]);
        while (!io->ready) /* linuxaio needs a second look */
            CHECK(OPS.poll(loop, 0.001) == 0);
        CHECK(take(loop, io) == GEVENT_READ);
        OPS.record_free(io);
        OPS.close(loop);
        close(pair[0]), close(pair[1]);
    }
}

static void
test_no_descriptor_left_makes_the_first_signal_fail(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *watcher = OPS.signal_new(loop, SIGUSR1);
    struct rlimit before, none;

    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = before;
    none.rlim_cur = (rlim_t)dup(0) + 1;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK(OPS.record_start(watcher) == -1 && errno == EMFILE && !watcher->active);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(OPS.record_start(watcher) == 0);
    OPS.record_free(watcher);
    OPS.close(loop);
}

/* With two records on one number and a file that dies beneath them. */
static void
close_under_two_records(unsigned backend)
{
    gevent_loop_state *loop = OPS.open(backend, NULL, NULL, NULL);
    gevent_record *reader, *writer;
    int pair[2];

    if (!loop)
        return;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    reader = start_io(loop, pair[0], GEVENT_READ);
    writer = start_io(loop, pair[0], GEVENT_WRITE);
    CHECK(OPS.poll(loop, 0) == 0);
    close(pair[0]);
    OPS.record_stop(writer); /* libev would change the kernel's mask now */
    while (!reader->ready)
        CHECK(OPS.poll(loop, 0.001) == 0);
    CHECK(!reader->active && take(loop, reader) == GEVENT_READ);
    OPS.record_free(reader), OPS.record_free(writer);
    CHECK(OPS.poll(loop, 0) == 0);
    OPS.close(loop);
    close(pair[1]);
}

static void
test_file_closed_under_its_records_never_aborts(void)
{
    static const unsigned backends[] = {EVBACKEND_EPOLL, EVBACKEND_POLL,
                                        EVBACKEND_SELECT, EVBACKEND_LINUXAIO,
                                        EVBACKEND_IOURING};

    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        close_under_two_records(backends[i]);
}

static void
test_stale_registration_neither_spins_nor_loses_the_backend_fd(void)
{
    gevent_loop_state *loop = open_loop();
    gevent_record *io;
    int first[2], second[2], copy;

    CHECK(pipe(first) == 0 && pipe(second) == 0);
    CHECK((copy = dup(first[0])) >= 0);
    io = start_io(loop, first[0], GEVENT_READ);
    CHECK(OPS.poll(loop, 0) == 0);
    OPS.record_stop(io);
    close(dup(first[0]));
    CHECK(dup2(second[0], first[0]) == first[0]);
    OPS.io_set(io, first[0], GEVENT_READ);
    CHECK(OPS.record_start(io) == 0 && OPS.poll(loop, 0) == 0);
    put(first[1]); /* the kernel still reports the old file, under its copy */
    for (int i = 0; i < 4; i++)
        CHECK(OPS.poll(loop, 0) == 0 && !io->ready);
    put(second[1]);
    CHECK(OPS.poll(loop, 0) == 0 && take(loop, io) == GEVENT_READ);
    take_byte(first[0]);
    CHECK(fcntl(OPS.backend_fd(loop), F_GETFD) >= 0);
    n_released = 0;
    CHECK(OPS.poll(loop, 0.0005) == 0 && !io->ready && n_released == 1);
    OPS.record_free(io);
    OPS.close(loop);
    close(copy);
}

static void
test_stat_sees_a_file_appear_without_inotify(void)
{
    stat_sees_a_file_appear(EVFLAG_NOINOTIFY);
}

static const check_test tests[] = {
    SHIM_TESTS
    TEST(test_versions_of_header_and_library_agree),
    TEST(test_unknown_backend_is_refused_with_errno),
    TEST(test_each_backend_reports_readiness_and_its_name),
    TEST(test_no_descriptor_left_makes_the_first_signal_fail),
    TEST(test_file_closed_under_its_records_never_aborts),
    TEST(test_stale_registration_neither_spins_nor_loses_the_backend_fd),
    TEST(test_stat_sees_a_file_appear_without_inotify),
    {NULL, NULL},
};

int
main(int argc, char **argv)
{
    return check_main(argc, argv, tests);
}
