#ifndef HYOSHI_WEB_RUNTIME_H
#define HYOSHI_WEB_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

/// Free lists of a heap: sixteen-byte steps up to 128 bytes, then four sizes to the doubling.
#define HYOSHI_HEAP_CLASSES 112

/// A heap in one growing piece of memory: what `malloc` is in a browser, where there is none.
///
/// A block belongs to a size for good: freed, it waits in the list of its size until it is wanted
/// again. So allocating and freeing take the same few instructions at any age of the heap, and a
/// program whose needs repeat stops growing. A block is at most a quarter longer than asked for,
/// unless a longer free one (up to twice as long) takes its place. One thread.
struct hyoshi_heap {
    /// The first byte that was never handed out.
    uintptr_t next;
    /// The end of the memory that there is.
    uintptr_t end;
    /// Makes the memory at least `bytes` longer and moves `end`; 0 where that is not possible.
    int (*grow)(struct hyoshi_heap *heap, size_t bytes);
    /// Freed blocks by size; the first word of a free block points to the one after it.
    void *free_blocks[HYOSHI_HEAP_CLASSES];
    /// Bytes in blocks that are handed out, their headers included.
    size_t used_bytes;
};

/// Memory for `bytes`, aligned to 16; NULL where there is none left or `bytes` is above 1 GiB.
void *hyoshi_heap_allocate(struct hyoshi_heap *heap, size_t bytes);

/// The same with another alignment, a power of two up to 64 KiB.
void *hyoshi_heap_allocate_aligned(struct hyoshi_heap *heap, size_t alignment, size_t bytes);

/// Gives memory back; NULL is allowed.
void hyoshi_heap_free(struct hyoshi_heap *heap, void *memory);

#endif
