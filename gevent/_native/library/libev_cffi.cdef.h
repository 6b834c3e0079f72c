/* What _libev_cffi shows of libev_shim.h. */

unsigned gevent_libev_supported(void);
unsigned gevent_libev_recommended(void);
unsigned gevent_libev_embeddable(void);
int gevent_libev_header_major(void);
int gevent_libev_header_minor(void);
int gevent_libev_library_major(void);
int gevent_libev_library_minor(void);
