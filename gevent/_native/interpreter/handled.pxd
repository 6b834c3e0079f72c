cpdef list handled_exceptions()
