/* What the CFFI modules show of loop_ops.h, and of cffi_support.h. */

typedef struct gevent_record {
    void *owner;
    unsigned char active;
    ...;
} gevent_record;

typedef struct gevent_loop_state gevent_loop_state;

typedef struct gevent_loop_ops {
    unsigned version;
    unsigned size;
    const char *name;
    gevent_loop_state *(*open)(unsigned flags, void (*release)(void *),
                               void (*acquire)(void *), void *hook_argument);
    void (*close)(gevent_loop_state *);
    int (*poll)(gevent_loop_state *, double timeout);
    void (*wakeup)(gevent_loop_state *);
    int (*after_fork)(gevent_loop_state *);
    const char *(*backend_name)(gevent_loop_state *);
    unsigned (*backend_flag)(gevent_loop_state *);
    int (*backend_fd)(gevent_loop_state *);
    gevent_record *(*io_new)(gevent_loop_state *, int fd, int events);
    void (*io_set)(gevent_record *, int fd, int events);
    void (*io_reuse)(gevent_record *, int fd, int events);
    gevent_record *(*signal_new)(gevent_loop_state *, int signum);
    gevent_record *(*stat_new)(gevent_loop_state *, const char *path, double interval);
    int (*record_start)(gevent_record *);
    void (*record_stop)(gevent_record *);
    void (*record_free)(gevent_record *);
    ...;
} gevent_loop_ops;

#define GEVENT_LOOP_OPS_VERSION ...

size_t gevent_operations(void);
int gevent_operations_fit(const gevent_loop_ops *);
int gevent_begin_fork_count(void);
int gevent_fork_count(void);
int gevent_take_ready(gevent_loop_state *, size_t *owners, int *events, int n_most);
int gevent_stat_fields(const gevent_loop_ops *, gevent_record *, int previous,
                       double *fields);
int gevent_pidfd_open(int pid);
