# What only a C compiler can say: memory that is needed soon is fetched while other work goes on.

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define bizoverbiz_prefetch(address) __builtin_prefetch(address)
    #else
    #define bizoverbiz_prefetch(address) ((void) (address))
    #endif
    """
    void bizoverbiz_prefetch(const void *address) noexcept nogil

ctypedef fused Number:
    signed char
    int
    long long


cdef inline void ahead(Number[::1] array, Py_ssize_t i) noexcept nogil:
    bizoverbiz_prefetch(&array[i])
