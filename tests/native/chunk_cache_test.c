/* The chunk cache, without Python; the previous allocator is malloc. Each test
 * runs in a process of its own, for the cache is one per process. */
#define _GNU_SOURCE
#include "check.h"
#include "memory/chunk_cache.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#define SIZE GEVENT_CHUNK_SIZE
#define FLOOR 1024
#define MANY 5000

static atomic_long n_allocated, n_freed, n_other;
static int refuse;
static int use_mmap; /* the sanitizer's malloc is not safe in forked children */
static int context_of_previous;
static void *last_freed;
static int descending = 1;

static void *
previous_allocate(void *context, size_t size)
{
    CHECK(context == &context_of_previous);
    if (refuse)
        return NULL;
    atomic_fetch_add(size == SIZE ? &n_allocated : &n_other, 1);
    return use_mmap ? mmap(NULL, size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                    : aligned_alloc(4096, size);
}

static void
previous_free(void *context, void *memory, size_t size)
{
    CHECK(context == &context_of_previous);
    CHECK(memory);
    atomic_fetch_add(size == SIZE ? &n_freed : &n_other, 1);
    if (use_mmap)
        munmap(memory, size);
    else
        free(memory);
}

static void
begin(void)
{
    gevent_arena previous = {&context_of_previous, previous_allocate, previous_free};

    CHECK(gevent_chunks_begin(&previous) == 0);
}

static void *
allocate(void)
{
    return gevent_chunks_allocate(&context_of_previous, SIZE);
}

static void
release(void *chunk)
{
    gevent_chunks_free(&context_of_previous, chunk, SIZE);
}

static gevent_chunk_statistics
statistics(void)
{
    gevent_chunk_statistics numbers;

    gevent_chunks_statistics(&numbers);
    return numbers;
}

static void
allocate_many(void **chunks, int n)
{
    for (int i = 0; i < n; i++)
        CHECK((chunks[i] = allocate()) != NULL);
}

/* In an order that has nothing to do with the addresses. */
static void
release_many(void **chunks, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int other = (int)((unsigned)i * 2654435761u % (unsigned)(i + 1));
        void *swapped = chunks[i];
        chunks[i] = chunks[other];
        chunks[other] = swapped;
    }
    for (int i = 0; i < n; i++)
        release(chunks[i]);
}

/* Call tick whenever it is due, from `now` on; return when it wants no more. */
static double
tick_until_idle(double now)
{
    for (double due; (due = gevent_chunks_tick(now)) < INFINITY; now = due)
        CHECK(due > now);
    return now;
}

static void
leave_nothing(void)
{
    gevent_chunks_trim(0);
    CHECK(statistics().kept == 0 && statistics().live == 0);
    CHECK(n_allocated == n_freed);
}

/* -- allocate and free --------------------------------------------------------- */

static void
test_other_sizes_go_to_the_previous_allocator(void)
{
    static const size_t sizes[] = {4096, SIZE - 4096, 2 * SIZE, 1 << 20};

    begin();
    for (int i = 0; i < 4; i++) {
        void *memory = gevent_chunks_allocate(NULL, sizes[i]);
        gevent_chunks_free(NULL, memory, sizes[i]);
        CHECK(n_other == 2 * (i + 1));
    }
    CHECK(statistics().misses == 0 && statistics().kept == 0);
}

static void
test_freed_chunk_is_handed_out_again(void)
{
    void *chunk;

    begin();
    chunk = allocate();
    CHECK(statistics().misses == 1 && statistics().live == 1);
    release(chunk);
    CHECK(statistics().kept == 1 && statistics().live == 0);
    CHECK(allocate() == chunk && statistics().hits == 1);
    CHECK(statistics().kept == 0 && n_allocated == 1 && n_freed == 0);
    release(chunk);
    leave_nothing();
}

static void
test_second_begin_changes_nothing(void)
{
    gevent_arena other = {NULL, NULL, NULL};

    begin();
    CHECK(gevent_chunks_begin(&other) == 0);
    release(allocate());
    leave_nothing();
}

static void
test_refusal_of_the_previous_allocator_is_passed_on(void)
{
    begin();
    refuse = 1;
    CHECK(!allocate());
    CHECK(statistics().live == 0);
    CHECK(!gevent_chunks_allocate(NULL, 1 << 20));
}

static void
test_chunks_from_before_are_kept_up_to_the_floor(void)
{
    static void *chunks[2 * FLOOR];

    for (int i = 0; i < 2 * FLOOR; i++)
        chunks[i] = previous_allocate(&context_of_previous, SIZE);
    begin();
    release_many(chunks, 2 * FLOOR);
    CHECK(statistics().kept == FLOOR && statistics().live == 0);
    CHECK(n_freed == FLOOR);
    leave_nothing();
}

static void
test_all_chunks_of_the_recent_peak_are_kept(void)
{
    static void *chunks[MANY];

    begin();
    allocate_many(chunks, MANY);
    release_many(chunks, MANY);
    CHECK(statistics().kept == MANY && n_freed == 0);
    allocate_many(chunks, MANY);
    CHECK(statistics().hits == MANY && statistics().misses == MANY);
    release_many(chunks, MANY);
    leave_nothing();
}

/* -- giving back ------------------------------------------------------------------ */

static void
previous_free_descending(void *context, void *memory, size_t size)
{
    descending &= !last_freed || memory < last_freed;
    last_freed = memory;
    previous_free(context, memory, size);
}

static void
test_few_chunks_never_want_a_tick(void)
{
    static void *chunks[FLOOR];

    begin();
    CHECK(isinf(gevent_chunks_tick(5)));
    allocate_many(chunks, FLOOR);
    release_many(chunks, FLOOR);
    CHECK(isinf(gevent_chunks_tick(1e9)) && statistics().kept == FLOOR);
    leave_nothing();
}

static void
test_thirty_seconds_after_a_burst_the_floor_is_left(void)
{
    static void *chunks[20 * MANY];
    gevent_arena previous = {&context_of_previous, previous_allocate,
                             previous_free_descending};

    CHECK(gevent_chunks_begin(&previous) == 0);
    allocate_many(chunks, 20 * MANY);
    release_many(chunks, 20 * MANY);
    CHECK(statistics().kept == 20 * MANY);
    CHECK(tick_until_idle(1000) < 1030);
    CHECK(statistics().kept == FLOOR && n_freed == 20 * MANY - FLOOR);
    CHECK(descending); /* holes in the address space join */
    leave_nothing();
}

static void
test_tick_gives_back_a_little_at_a_time(void)
{
    static void *chunks[MANY];
    long before;
    double now = 0, due;

    begin();
    allocate_many(chunks, MANY);
    release_many(chunks, MANY);
    do {
        before = n_freed;
        due = gevent_chunks_tick(now);
        CHECK(n_freed - before <= 256);
        CHECK(isinf(due) || due - now <= 10.0);
        now = due;
    } while (due < INFINITY);
    leave_nothing();
}

static void
test_repeated_bursts_find_their_chunks(void)
{
    static void *chunks[MANY];
    double now = 0;

    begin();
    for (int burst = 0; burst < 10; burst++, now += 9) {
        allocate_many(chunks, MANY);
        release_many(chunks, MANY);
        gevent_chunks_tick(now);
    }
    CHECK(statistics().misses == MANY && n_freed == 0);
    leave_nothing();
}

static void
test_chunk_that_waits_to_be_given_back_can_be_used(void)
{
    static void *chunks[MANY];
    double now = 0;

    begin();
    allocate_many(chunks, MANY);
    release_many(chunks, MANY);
    while (!n_freed)
        now = gevent_chunks_tick(now);
    long left = (long)statistics().kept;
    CHECK(left > FLOOR);
    allocate_many(chunks, (int)left);
    CHECK(statistics().kept == 0 && statistics().misses == MANY);
    CHECK(isinf(gevent_chunks_tick(now)));
    release_many(chunks, (int)left);
    leave_nothing();
}

static void
test_live_chunks_leave_room_for_the_peak_only(void)
{
    static void *chunks[4 * FLOOR];

    begin();
    allocate_many(chunks, 4 * FLOOR);
    for (int i = 0; i < 2 * FLOOR; i++)
        release(chunks[i]);
    CHECK(statistics().kept == 2 * FLOOR);
    tick_until_idle(0);
    CHECK(statistics().kept == FLOOR && statistics().live == 2 * FLOOR);
    release_many(chunks + 2 * FLOOR, 2 * FLOOR);
    leave_nothing();
}

static void
test_trim_leaves_what_is_asked(void)
{
    static void *chunks[MANY];

    begin();
    CHECK(gevent_chunks_trim(0) == 0);
    allocate_many(chunks, MANY);
    release_many(chunks, MANY);
    CHECK(gevent_chunks_trim(MANY) == 0);
    CHECK(gevent_chunks_trim(MANY - 1) == 1);
    CHECK(gevent_chunks_trim(10) == MANY - 11 && statistics().kept == 10);
    leave_nothing();
}

static void
test_trim_before_begin_does_nothing(void)
{
    CHECK(gevent_chunks_trim(0) == 0);
}

static void
test_trim_takes_what_a_tick_left(void)
{
    static void *chunks[MANY];
    double now = 0;

    begin();
    allocate_many(chunks, MANY);
    release_many(chunks, MANY);
    while (!n_freed)
        now = gevent_chunks_tick(now);
    CHECK(gevent_chunks_trim(0) == (size_t)(MANY - 256));
    leave_nothing();
}

/* -- threads and forks --------------------------------------------------------------- */

enum { N_THREADS = 4, N_HELD = 50, N_ROUNDS = 400 };

/* Mark each chunk, see that the marks stay: nobody else got it. */
static void
use_chunks(uintptr_t owner, int n_rounds)
{
    uintptr_t *held[N_HELD];

    for (int round = 0; round < n_rounds; round++) {
        for (int i = 0; i < N_HELD; i++) {
            CHECK((held[i] = allocate()) != NULL);
            *held[i] = owner * N_HELD + (uintptr_t)i;
        }
        for (int i = 0; i < N_HELD; i++) {
            CHECK(*held[i] == owner * N_HELD + (uintptr_t)i);
            release(held[i]);
        }
    }
}

static void *
thread_uses_chunks(void *owner)
{
    use_chunks((uintptr_t)owner, N_ROUNDS);
    return NULL;
}

static void
start_threads(pthread_t *threads)
{
    for (uintptr_t i = 0; i < N_THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, thread_uses_chunks, (void *)i) == 0);
}

static void
join_threads(pthread_t *threads)
{
    for (int i = 0; i < N_THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

static void
test_no_chunk_is_in_two_threads(void)
{
    pthread_t threads[N_THREADS];

    use_mmap = 1;
    begin();
    start_threads(threads);
    for (int i = 0; i < 200; i++) {
        gevent_chunks_tick(i * 10.);
        gevent_chunks_trim(5);
    }
    join_threads(threads);
    CHECK(statistics().hits + statistics().misses
          == (uint64_t)N_THREADS * N_HELD * N_ROUNDS);
    leave_nothing();
}

static void
test_child_forked_amid_threads_can_use_chunks(void)
{
    pthread_t threads[N_THREADS];

    use_mmap = 1;
    begin();
    start_threads(threads);
    for (int i = 0; i < 20; i++) {
        pid_t child = check_fork();
        if (!child) {
            use_chunks(N_THREADS, 3);
            CHECK(statistics().hits > 0); /* its lock works */
            _exit(0);
        }
        check_child(child);
    }
    join_threads(threads);
    leave_nothing();
}

static void
test_parent_uses_its_cache_after_a_fork(void)
{
    void *chunk;
    pid_t child;

    begin();
    release(chunk = allocate());
    if (!(child = check_fork())) {
        CHECK(allocate() == chunk); /* a copy of its own */
        release(chunk);
        leave_nothing();
        _exit(0);
    }
    check_child(child);
    CHECK(allocate() == chunk);
    release(chunk);
    leave_nothing();
}

static const check_test tests[] = {
    TEST(test_other_sizes_go_to_the_previous_allocator),
    TEST(test_freed_chunk_is_handed_out_again),
    TEST(test_second_begin_changes_nothing),
    TEST(test_refusal_of_the_previous_allocator_is_passed_on),
    TEST(test_chunks_from_before_are_kept_up_to_the_floor),
    TEST(test_all_chunks_of_the_recent_peak_are_kept),
    TEST(test_few_chunks_never_want_a_tick),
    TEST(test_thirty_seconds_after_a_burst_the_floor_is_left),
    TEST(test_tick_gives_back_a_little_at_a_time),
    TEST(test_repeated_bursts_find_their_chunks),
    TEST(test_chunk_that_waits_to_be_given_back_can_be_used),
    TEST(test_live_chunks_leave_room_for_the_peak_only),
    TEST(test_trim_leaves_what_is_asked),
    TEST(test_trim_before_begin_does_nothing),
    TEST(test_trim_takes_what_a_tick_left),
    TEST(test_no_chunk_is_in_two_threads),
    TEST(test_child_forked_amid_threads_can_use_chunks),
    TEST(test_parent_uses_its_cache_after_a_fork),
    {NULL, NULL},
};

int
main(int argc, char **argv)
{
    return check_main(argc, argv, tests);
}
