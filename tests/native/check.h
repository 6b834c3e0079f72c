/* The least a C test needs: CHECK, and a table of named tests, one run each. */
#ifndef GEVENT_TESTS_CHECK_H
#define GEVENT_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing here takes a second; a test that hangs is killed by SIGALRM. */
#define CHECK_LIMIT_SECONDS 20

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: CHECK(%s) failed\n", __FILE__, __LINE__,   \
                    #condition);                                               \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

typedef struct check_test {
    const char *name;
    void (*run)(void);
} check_test;

#define TEST(name) {#name, name}

/* Without arguments: print the names. With one: run the test of that name. */
static int
check_main(int argc, char **argv, const check_test *tests)
{
    for (; tests->name; tests++) {
        if (argc < 2)
            puts(tests->name);
        else if (!strcmp(argv[1], tests->name)) {
            alarm(CHECK_LIMIT_SECONDS);
            tests->run();
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}

/* fork, with the same limit on the child: alarms are not inherited. */
static inline pid_t
check_fork(void)
{
    pid_t child = fork();

    CHECK(child >= 0);
    if (!child)
        alarm(CHECK_LIMIT_SECONDS);
    return child;
}

/* Reap the child; CHECK that it ended with exit code 0. */
static inline void
check_child(pid_t child)
{
    int status;

    CHECK(child > 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
