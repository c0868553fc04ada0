#pragma once

// Packs runs of values with msgpack-c into buffers that the caller owns.
//
// Every function writes at `out`, at most `capacity` bytes, and returns how many it wrote, or -1 when
// the bytes would not fit; then the content of the buffer is unspecified. None allocates, keeps a
// pointer, or decides anything. One call takes a whole run: a call for each value costs eight times
// as much.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The most bytes that one value or header can take.
#define HYOSHI_PACKED_INT32_BYTES_MAX 5
#define HYOSHI_PACKED_INT64_BYTES_MAX 9
#define HYOSHI_PACKED_HEADER_BYTES_MAX 5

// Integers in the smallest encoding that holds each.
ptrdiff_t hyoshi_pack_int32_run(
    const int32_t *_Nullable values, size_t count, uint8_t *_Nullable out, size_t capacity);
ptrdiff_t hyoshi_pack_uint32_run(
    const uint32_t *_Nullable values, size_t count, uint8_t *_Nullable out, size_t capacity);
ptrdiff_t hyoshi_pack_int64_run(
    const int64_t *_Nullable values, size_t count, uint8_t *_Nullable out, size_t capacity);
ptrdiff_t hyoshi_pack_uint64_run(
    const uint64_t *_Nullable values, size_t count, uint8_t *_Nullable out, size_t capacity);

// `rows` arrays of `columns` integers each; `values` holds them row by row.
ptrdiff_t hyoshi_pack_int32_rows(
    const int32_t *_Nullable values, size_t rows, size_t columns, uint8_t *_Nullable out,
    size_t capacity);

// Headers; `count` is at most UINT32_MAX.
ptrdiff_t hyoshi_pack_array_header(size_t count, uint8_t *_Nullable out, size_t capacity);
ptrdiff_t hyoshi_pack_map_header(size_t pairs, uint8_t *_Nullable out, size_t capacity);

// Single values.
ptrdiff_t hyoshi_pack_nil(uint8_t *_Nullable out, size_t capacity);
ptrdiff_t hyoshi_pack_bool(bool value, uint8_t *_Nullable out, size_t capacity);
ptrdiff_t hyoshi_pack_double(double value, uint8_t *_Nullable out, size_t capacity);

// A header and its bytes; `count` is at most UINT32_MAX.
ptrdiff_t hyoshi_pack_string(
    const uint8_t *_Nullable bytes, size_t count, uint8_t *_Nullable out, size_t capacity);
ptrdiff_t hyoshi_pack_binary(
    const uint8_t *_Nullable bytes, size_t count, uint8_t *_Nullable out, size_t capacity);
