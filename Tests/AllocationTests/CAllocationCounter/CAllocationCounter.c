#define _GNU_SOURCE
#include "CAllocationCounter.h"

#include <stddef.h>
#include <stdlib.h>

// A sanitizer has an allocator of its own in the same place.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OTHER_ALLOCATOR 1
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_OTHER_ALLOCATOR)

#include <errno.h>
#include <execinfo.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static __thread bool is_counting;
static __thread uint64_t allocations;
static unsigned traces_max;

static inline void count_one(void) {
    if (!is_counting) return;
    allocations++;
    if (allocations <= traces_max) {
        is_counting = false;
        void *frames[32];
        int depth = backtrace(frames, 32);
        backtrace_symbols_fd(frames, depth, STDERR_FILENO);
        if (write(STDERR_FILENO, "\n", 1) < 0) { /* Nothing to be done. */ }
        is_counting = true;
    }
}

// A program's own definitions are those that its shared libraries find, the Swift runtime's too.

void *malloc(size_t size) {
    count_one();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    count_one();
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    count_one();
    return __libc_realloc(memory, size);
}

void free(void *memory) { __libc_free(memory); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    count_one();
    void *memory = __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}

void *aligned_alloc(size_t alignment, size_t size) {
    count_one();
    return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
    count_one();
    return __libc_memalign(alignment, size);
}

bool callocation_is_available(void) { return true; }

void callocation_trace(unsigned count) {
    // The first call loads the unwinder, which allocates.
    void *frames[1];
    (void)backtrace(frames, 1);
    traces_max = count;
}

#else

static uint64_t allocations;
static bool is_counting;

bool callocation_is_available(void) { return false; }
void callocation_trace(unsigned count) { (void)count; }

#endif

void callocation_start(void) {
    allocations = 0;
    is_counting = true;
}

uint64_t callocation_stop(void) {
    is_counting = false;
    return allocations;
}
