# cython: language_level=3, annotation_typing=False, binding=True
"""libev, as compiled into this extension: its operations and its versions."""

cdef extern from "library/libev_shim.h":
    ctypedef struct gevent_loop_ops:
        pass
    const gevent_loop_ops gevent_libev_ops
    unsigned int gevent_libev_supported()
    unsigned int gevent_libev_recommended()
    unsigned int gevent_libev_embeddable()
    int gevent_libev_header_major()
    int gevent_libev_header_minor()
    int gevent_libev_library_major()
    int gevent_libev_library_minor()


def operations():
    """Return the address of libev's ``gevent_loop_ops``."""
    return <size_t>&gevent_libev_ops


def versions():
    """Return ((major, minor) of the header, (major, minor) of the library)."""
    return (
        (gevent_libev_header_major(), gevent_libev_header_minor()),
        (gevent_libev_library_major(), gevent_libev_library_minor()),
    )


def backends():
    """Return the masks (supported, recommended, embeddable) of EVBACKEND numbers."""
    return (
        gevent_libev_supported(),
        gevent_libev_recommended(),
        gevent_libev_embeddable(),
    )
