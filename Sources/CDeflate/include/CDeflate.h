#pragma once

#include <stddef.h>
#include <stdint.h>

/// Raw deflate (RFC 1951) over zlib: names for what zlib has as macros, nothing more.

/// What one call of zlib did.
typedef struct {
    /// zlib's return value.
    int32_t status;
    /// Whether an inflater now stands between two blocks.
    int32_t between_blocks;
    /// Bytes taken from the input.
    size_t consumed;
    /// Bytes written to the output.
    size_t produced;
} cdeflate_step;

/// Z_OK: progress was made.
extern const int32_t cdeflate_ok;
/// Z_STREAM_END: a block with BFINAL set has ended.
extern const int32_t cdeflate_stream_end;
/// Z_BUF_ERROR: no progress was possible; not an error.
extern const int32_t cdeflate_no_progress;

typedef struct cdeflate_stream cdeflate_stream;

/// A compressor: window_bits 9 to 15. NULL where zlib refuses.
cdeflate_stream *cdeflate_compressor_create(int level, int window_bits, int memory_level);
void cdeflate_compressor_destroy(cdeflate_stream *stream);
/// Forgets the window.
int32_t cdeflate_compressor_reset(cdeflate_stream *stream);
/// Fills the window of one that was just reset with what came before.
int32_t cdeflate_compressor_prime(
    cdeflate_stream *stream, const uint8_t *history, size_t history_count);
/// deflate with Z_SYNC_FLUSH.
cdeflate_step cdeflate_compress(
    cdeflate_stream *stream, const uint8_t *input, size_t input_count, uint8_t *output,
    size_t output_count);

/// A decompressor: window_bits 8 to 15. NULL where zlib refuses.
cdeflate_stream *cdeflate_decompressor_create(int window_bits);
void cdeflate_decompressor_destroy(cdeflate_stream *stream);
/// Forgets the window.
int32_t cdeflate_decompressor_reset(cdeflate_stream *stream);
/// Fills the window of one that was just reset with what came before.
int32_t cdeflate_decompressor_prime(
    cdeflate_stream *stream, const uint8_t *history, size_t history_count);
/// Goes on after a block with BFINAL set; keeps the window.
int32_t cdeflate_decompressor_continue(cdeflate_stream *stream);
/// inflate with Z_SYNC_FLUSH.
cdeflate_step cdeflate_decompress(
    cdeflate_stream *stream, const uint8_t *input, size_t input_count, uint8_t *output,
    size_t output_count);

/// The most bytes that `cdeflate_gzip` writes for so many; 0 where they are too many for one call.
size_t cdeflate_gzip_bound(size_t input_count);
/// One gzip member (RFC 1952), as small as zlib can; its length, or 0 where zlib refuses.
size_t cdeflate_gzip(
    const uint8_t *input, size_t input_count, uint8_t *output, size_t output_count);
