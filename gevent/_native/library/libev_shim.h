/* What libev (the system's, 4.x) supplies to the core; see loop_ops.h. */
#ifndef GEVENT_LIBEV_SHIM_H
#define GEVENT_LIBEV_SHIM_H

#include "library/loop_ops.h"

extern const struct gevent_loop_ops gevent_libev_ops;

/* Sets of libev's EVBACKEND_* numbers. */
unsigned gevent_libev_supported(void);
unsigned gevent_libev_recommended(void);
unsigned gevent_libev_embeddable(void);

/* Versions of ev.h at compile time, and of the library that is loaded. */
int gevent_libev_header_major(void);
int gevent_libev_header_minor(void);
int gevent_libev_library_major(void);
int gevent_libev_library_minor(void);

#endif
