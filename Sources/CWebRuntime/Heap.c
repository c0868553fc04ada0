#include "CWebRuntime.h"

/// What stands before the memory of each block, so that freeing finds its size.
struct header {
    /// The list that the block belongs to, or `INSIDE`.
    uint32_t class_index;
    /// The bytes of the block; with `INSIDE`, how far before this memory that of the block begins.
    uint32_t offset;
};

#define INSIDE 0xFFFFFFFFu
#define UNIT 16
#define REQUEST_MAX ((size_t)1 << 30)
/// Classes above the fitting one in which a free block is looked for: up to twice as long.
#define CLASSES_TRIED 4

/// The list for blocks of at least this many units, and how many units those have.
static uint32_t class_of(uint32_t units, uint32_t *class_units) {
    if (units <= 8) {
        *class_units = units;
        return units;
    }
    uint32_t shift = 29 - (uint32_t)__builtin_clz(units - 1);
    uint32_t quarter = (units - 1) >> shift;
    *class_units = (quarter + 1) << shift;
    return 8 + (shift - 1) * 4 + (quarter - 3);
}

static struct header *header_of(void *memory) {
    return (struct header *)((uintptr_t)memory - sizeof(struct header));
}

void *hyoshi_heap_allocate(struct hyoshi_heap *heap, size_t bytes) {
    if (bytes > REQUEST_MAX) return NULL;
    uint32_t units = (uint32_t)((bytes + sizeof(struct header) + UNIT - 1) / UNIT);
    uint32_t class_units;
    uint32_t class_index = class_of(units, &class_units);
    for (uint32_t tried = class_index;
         tried < class_index + CLASSES_TRIED && tried < HYOSHI_HEAP_CLASSES; tried += 1) {
        void *memory = heap->free_blocks[tried];
        if (memory == NULL) continue;
        heap->free_blocks[tried] = *(void **)memory;
        heap->used_bytes += header_of(memory)->offset;
        return memory;
    }
    size_t length = (size_t)class_units * UNIT;
    // Memory begins at a multiple of 16, its header before that.
    uintptr_t memory = (heap->next + sizeof(struct header) + UNIT - 1) & ~(uintptr_t)(UNIT - 1);
    uintptr_t wanted_end = memory - sizeof(struct header) + length;
    if (wanted_end > heap->end && !heap->grow(heap, wanted_end - heap->end)) return NULL;
    heap->next = wanted_end;
    heap->used_bytes += length;
    struct header *header = header_of((void *)memory);
    header->class_index = class_index;
    header->offset = (uint32_t)length;
    return (void *)memory;
}

void *hyoshi_heap_allocate_aligned(struct hyoshi_heap *heap, size_t alignment, size_t bytes) {
    if (alignment <= UNIT) return hyoshi_heap_allocate(heap, bytes);
    if (alignment > 65536 || bytes > REQUEST_MAX) return NULL;
    uintptr_t memory = (uintptr_t)hyoshi_heap_allocate(heap, bytes + alignment);
    if (memory == 0) return NULL;
    uintptr_t aligned = (memory + alignment - 1) & ~(uintptr_t)(alignment - 1);
    if (aligned == memory) return (void *)memory;
    struct header *header = header_of((void *)aligned);
    header->class_index = INSIDE;
    header->offset = (uint32_t)(aligned - memory);
    return (void *)aligned;
}

void hyoshi_heap_free(struct hyoshi_heap *heap, void *memory) {
    if (memory == NULL) return;
    struct header *header = header_of(memory);
    if (header->class_index == INSIDE) {
        memory = (void *)((uintptr_t)memory - header->offset);
        header = header_of(memory);
    }
    heap->used_bytes -= header->offset;
    *(void **)memory = heap->free_blocks[header->class_index];
    heap->free_blocks[header->class_index] = memory;
}
