/* Counts which sizes the interpreter asks of its arena allocator; for ctypes. */
#include <Python.h>

#define N_SIZES 64

static PyObjectArenaAllocator previous;
static size_t sizes[N_SIZES];
static unsigned long counts[N_SIZES];

static void
count(size_t size)
{
    for (int i = 0; i < N_SIZES; i++)
        if (sizes[i] == size || !counts[i]) {
            sizes[i] = size;
            counts[i]++;
            return;
        }
}

static void *
counting_allocate(void *context, size_t size)
{
    count(size);
    return previous.alloc(context, size);
}

void
count_arena_sizes(void)
{
    PyObjectArenaAllocator counting;

    PyObject_GetArenaAllocator(&previous);
    counting = previous;
    counting.alloc = counting_allocate;
    PyObject_SetArenaAllocator(&counting);
}

unsigned long
n_of_arena_size(size_t size)
{
    for (int i = 0; i < N_SIZES; i++)
        if (counts[i] && sizes[i] == size)
            return counts[i];
    return 0;
}
