/* Spinning before a sleep: how often it is tried, and that it ends. */
#define _GNU_SOURCE
#include "check.h"
#include "library/spin.h"

static void
spinning_ends(void)
{
    gevent_spin spin = {0};
    int64_t begun = gevent_nanoseconds();

    CHECK(gevent_spin_begin(&spin));
    while (gevent_spin_on(&spin))
        continue;
    CHECK(gevent_nanoseconds() - begun >= GEVENT_SPIN_FOR);
}

static int
count_tries(gevent_spin *spin, int n_sleeps, int was_worth_it)
{
    int n_tries = 0;

    for (int i = 0; i < n_sleeps; i++)
        if (gevent_spin_begin(spin)) {
            n_tries++;
            gevent_spin_end(spin, was_worth_it);
        }
    return n_tries;
}

static void
it_is_tried_always_while_it_is_worth_it(void)
{
    gevent_spin spin = {0};

    CHECK(count_tries(&spin, 1000, 1) == 1000);
}

static void
it_is_tried_rarely_after_failures(void)
{
    gevent_spin spin = {0};
    int n_sleeps = 100 * GEVENT_MOST_SKIPPED;

    /* one, then after 1, 3, 7 ... sleeps */
    CHECK(count_tries(&spin, 5, 0) == 2);
    CHECK(count_tries(&spin, n_sleeps, 0) < 120);
    CHECK(count_tries(&spin, n_sleeps, 0) > 30);
}

static void
one_success_is_enough_to_try_always(void)
{
    gevent_spin spin = {0};

    count_tries(&spin, 10 * GEVENT_MOST_SKIPPED, 0);
    while (!gevent_spin_begin(&spin))
        continue;
    gevent_spin_end(&spin, 1);
    CHECK(count_tries(&spin, 1000, 1) == 1000);
}

int
main(int argc, char **argv)
{
    const check_test tests[] = {
        TEST(spinning_ends),
        TEST(it_is_tried_always_while_it_is_worth_it),
        TEST(it_is_tried_rarely_after_failures),
        TEST(one_success_is_enough_to_try_always),
        {NULL, NULL},
    };

    return check_main(argc, argv, tests);
}
