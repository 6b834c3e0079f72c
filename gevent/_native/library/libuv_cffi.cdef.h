/* What _libuv_cffi shows of libuv_shim.h. */

unsigned gevent_libuv_header_version(void);
unsigned gevent_libuv_library_version(void);
