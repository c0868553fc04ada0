// What the Swift runtime wants of a C library, for WebAssembly without one.

#ifdef __wasm__

#include "CWebRuntime.h"

#define PAGE 65536
/// Below this many bytes a loop is quicker than the instruction for whole ranges.
#define SHORT 64

/// Where the linker's own data ends.
extern unsigned char __heap_base;

static int grow(struct hyoshi_heap *heap, size_t bytes) {
    size_t pages = (bytes + PAGE - 1) / PAGE;
    // An eighth more, so that growing stays rare; without it where memory is short.
    size_t generous = pages + __builtin_wasm_memory_size(0) / 8;
    if (__builtin_wasm_memory_grow(0, generous) == (size_t)-1) {
        generous = pages;
        if (__builtin_wasm_memory_grow(0, generous) == (size_t)-1) return 0;
    }
    heap->end += generous * PAGE;
    return 1;
}

static struct hyoshi_heap heap = {.grow = grow};

static void prepare(void) {
    if (heap.next != 0) return;
    heap.next = (uintptr_t)&__heap_base;
    heap.end = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
}

// Nothing in here goes on without memory: a trap says so at once, and the page reports it.

void *malloc(size_t bytes) {
    prepare();
    void *memory = hyoshi_heap_allocate(&heap, bytes);
    if (memory == NULL) __builtin_trap();
    return memory;
}

int posix_memalign(void **result, size_t alignment, size_t bytes) {
    prepare();
    *result = hyoshi_heap_allocate_aligned(&heap, alignment, bytes);
    if (*result == NULL) __builtin_trap();
    return 0;
}

void free(void *memory) { hyoshi_heap_free(&heap, memory); }

/// Bytes that are handed out.
size_t hyoshi_used_bytes(void) { return heap.used_bytes; }

void *memset(void *target, int value, size_t count) {
    unsigned char *bytes = target;
    if (count >= SHORT) return __builtin_memset(target, value, count);
    for (size_t index = 0; index < count; index += 1) bytes[index] = (unsigned char)value;
    return target;
}

void *memmove(void *target, const void *source, size_t count) {
    unsigned char *to = target;
    const unsigned char *from = source;
    if (count >= SHORT) return __builtin_memmove(target, source, count);
    if (to <= from) {
        for (size_t index = 0; index < count; index += 1) to[index] = from[index];
    } else {
        while (count > 0) {
            count -= 1;
            to[count] = from[count];
        }
    }
    return target;
}

void *memcpy(void *restrict target, const void *restrict source, size_t count) {
    return memmove(target, source, count);
}

int memcmp(const void *left, const void *right, size_t count) {
    const unsigned char *one = left;
    const unsigned char *other = right;
    for (size_t index = 0; index < count; index += 1) {
        if (one[index] != other[index]) return one[index] < other[index] ? -1 : 1;
    }
    return 0;
}

/// 128-bit products, which checked 64-bit multiplication asks for.
__int128 __multi3(__int128 left, __int128 right) {
    uint64_t a = (uint64_t)left;
    uint64_t b = (uint64_t)right;
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
    uint64_t middle = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
    uint64_t other = (a & UINT32_MAX) * (b >> 32) + (middle & UINT32_MAX);
    uint64_t high = (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
    high += (uint64_t)((unsigned __int128)left >> 64) * b;
    high += a * (uint64_t)((unsigned __int128)right >> 64);
    uint64_t bottom = (other << 32) | (low & UINT32_MAX);
    return (__int128)(((unsigned __int128)high << 64) | bottom);
}

#endif
