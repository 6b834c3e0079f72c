/* The C part of _libev_cffi, in front of what CFFI generates. */
#include "library/cffi_support.h"
#include "library/libev_shim.h"

static size_t
gevent_operations(void)
{
    return (size_t)&gevent_libev_ops;
}
