/* What libuv (the system's, 1.x) supplies to the core; see loop_ops.h. */
#ifndef GEVENT_LIBUV_SHIM_H
#define GEVENT_LIBUV_SHIM_H

#include "library/loop_ops.h"

extern const struct gevent_loop_ops gevent_libuv_ops;

/* As libuv counts them, 0x012c02 is 1.44.2: of uv.h at compile time, and of the
 * library that is loaded. */
unsigned gevent_libuv_header_version(void);
unsigned gevent_libuv_library_version(void);

#endif
