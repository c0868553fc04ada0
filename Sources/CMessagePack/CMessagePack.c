#include "CMessagePack.h"

#include <msgpack.h>
#include <string.h>

// Inlining the packers and the write callback into each run's loop is what makes them fast: the
// cursor then lives in registers and no indirect call is left.
#define INLINE_ALL_CALLS __attribute__((flatten))

typedef struct {
    uint8_t *next;
    uint8_t *end;
} cursor;

static inline int write_bytes(void *data, const char *bytes, size_t count) {
    cursor *at = data;
    if ((size_t)(at->end - at->next) < count) {
        return -1;
    }
    // A run of no bytes may come with a null pointer, which memcpy must not see.
    if (count > 0) {
        memcpy(at->next, bytes, count);
    }
    at->next += count;
    return 0;
}

#define WITH_PACKER(out, capacity)                          \
    cursor at = {(out), (out) + ((out) ? (capacity) : 0)};  \
    msgpack_packer packer;                                  \
    msgpack_packer_init(&packer, &at, write_bytes)

#define WRITTEN(out) ((ptrdiff_t)(at.next - (out)))

#define PACK_RUN(name, type, pack)                                                              \
    INLINE_ALL_CALLS ptrdiff_t name(                                                            \
        const type *values, size_t count, uint8_t *out, size_t capacity) {                      \
        WITH_PACKER(out, capacity);                                                             \
        for (size_t i = 0; i < count; i += 1) {                                                 \
            if (pack(&packer, values[i]) != 0) {                                                \
                return -1;                                                                      \
            }                                                                                   \
        }                                                                                       \
        return WRITTEN(out);                                                                    \
    }

PACK_RUN(hyoshi_pack_int32_run, int32_t, msgpack_pack_int32)
PACK_RUN(hyoshi_pack_uint32_run, uint32_t, msgpack_pack_uint32)
PACK_RUN(hyoshi_pack_int64_run, int64_t, msgpack_pack_int64)
PACK_RUN(hyoshi_pack_uint64_run, uint64_t, msgpack_pack_uint64)

INLINE_ALL_CALLS ptrdiff_t hyoshi_pack_int32_rows(
    const int32_t *values, size_t rows, size_t columns, uint8_t *out, size_t capacity) {
    WITH_PACKER(out, capacity);
    for (size_t row = 0; row < rows; row += 1) {
        if (msgpack_pack_array(&packer, columns) != 0) {
            return -1;
        }
        for (size_t column = 0; column < columns; column += 1) {
            if (msgpack_pack_int32(&packer, *values) != 0) {
                return -1;
            }
            values += 1;
        }
    }
    return WRITTEN(out);
}

#define PACK_ONE(expression)                         \
    {                                                \
        WITH_PACKER(out, capacity);                  \
        return (expression) ? -1 : WRITTEN(out);     \
    }

INLINE_ALL_CALLS ptrdiff_t hyoshi_pack_array_header(size_t count, uint8_t *out, size_t capacity)
    PACK_ONE(msgpack_pack_array(&packer, count))

INLINE_ALL_CALLS ptrdiff_t hyoshi_pack_map_header(size_t pairs, uint8_t *out, size_t capacity)
    PACK_ONE(msgpack_pack_map(&packer, pairs))

INLINE_ALL_CALLS ptrdiff_t hyoshi_pack_nil(uint8_t *out, size_t capacity)
    PACK_ONE(msgpack_pack_nil(&packer))

INLINE_ALL_CALLS ptrdiff_t hyoshi_pack_bool(bool value, uint8_t *out, size_t capacity)
    PACK_ONE(value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer))

INLINE_ALL_CALLS ptrdiff_t hyoshi_pack_double(double value, uint8_t *out, size_t capacity)
    PACK_ONE(msgpack_pack_double(&packer, value))

INLINE_ALL_CALLS ptrdiff_t hyoshi_pack_string(
    const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity)
    PACK_ONE(msgpack_pack_str_with_body(&packer, bytes, count))

INLINE_ALL_CALLS ptrdiff_t hyoshi_pack_binary(
    const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity)
    PACK_ONE(msgpack_pack_bin_with_body(&packer, bytes, count))
