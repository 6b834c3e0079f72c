/* The C part of _libuv_cffi, in front of what CFFI generates. */
#include "library/cffi_support.h"
#include "library/libuv_shim.h"

static size_t
gevent_operations(void)
{
    return (size_t)&gevent_libuv_ops;
}
