#include "CDeflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct cdeflate_stream {
    z_stream zlib;
};

const int32_t cdeflate_ok = Z_OK;
const int32_t cdeflate_stream_end = Z_STREAM_END;
const int32_t cdeflate_no_progress = Z_BUF_ERROR;

static uInt clamped(size_t count) { return count > UINT_MAX ? UINT_MAX : (uInt)count; }

// What `cdeflate_step` says of a call that was given these counts.
static cdeflate_step step_of(
    const z_stream *zlib, int status, uInt input_count, uInt output_count) {
    cdeflate_step step = {
        .status = status,
        // zlib.h, inflate(): data_type has 128 "if inflate() returned immediately after decoding
        // an end-of-block code", before the next block's header.
        .between_blocks = (zlib->data_type & 128) != 0,
        .consumed = input_count - zlib->avail_in,
        .produced = output_count - zlib->avail_out,
    };
    return step;
}

static void give(
    z_stream *zlib, const uint8_t *input, uInt input_count, uint8_t *output, uInt output_count) {
    zlib->next_in = (Bytef *)input;
    zlib->avail_in = input_count;
    zlib->next_out = output;
    zlib->avail_out = output_count;
}

cdeflate_stream *cdeflate_compressor_create(int level, int window_bits, int memory_level) {
    cdeflate_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) return NULL;
    int status = deflateInit2(
        &stream->zlib, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY);
    if (status != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

void cdeflate_compressor_destroy(cdeflate_stream *stream) {
    deflateEnd(&stream->zlib);
    free(stream);
}

int32_t cdeflate_compressor_reset(cdeflate_stream *stream) { return deflateReset(&stream->zlib); }

int32_t cdeflate_compressor_prime(
    cdeflate_stream *stream, const uint8_t *history, size_t history_count) {
    return deflateSetDictionary(&stream->zlib, history, clamped(history_count));
}

cdeflate_step cdeflate_compress(
    cdeflate_stream *stream, const uint8_t *input, size_t input_count, uint8_t *output,
    size_t output_count) {
    uInt in = clamped(input_count), out = clamped(output_count);
    give(&stream->zlib, input, in, output, out);
    int status = deflate(&stream->zlib, Z_SYNC_FLUSH);
    return step_of(&stream->zlib, status, in, out);
}

cdeflate_stream *cdeflate_decompressor_create(int window_bits) {
    cdeflate_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) return NULL;
    if (inflateInit2(&stream->zlib, -window_bits) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

void cdeflate_decompressor_destroy(cdeflate_stream *stream) {
    inflateEnd(&stream->zlib);
    free(stream);
}

int32_t cdeflate_decompressor_reset(cdeflate_stream *stream) { return inflateReset(&stream->zlib); }

int32_t cdeflate_decompressor_prime(
    cdeflate_stream *stream, const uint8_t *history, size_t history_count) {
    return inflateSetDictionary(&stream->zlib, history, clamped(history_count));
}

int32_t cdeflate_decompressor_continue(cdeflate_stream *stream) {
    return inflateResetKeep(&stream->zlib);
}

cdeflate_step cdeflate_decompress(
    cdeflate_stream *stream, const uint8_t *input, size_t input_count, uint8_t *output,
    size_t output_count) {
    uInt in = clamped(input_count), out = clamped(output_count);
    give(&stream->zlib, input, in, output, out);
    int status = inflate(&stream->zlib, Z_SYNC_FLUSH);
    return step_of(&stream->zlib, status, in, out);
}

size_t cdeflate_gzip_bound(size_t input_count) {
    // zlib's own bound is for its own wrapper, which is 12 bytes shorter than gzip's.
    return input_count > UINT_MAX / 2 ? 0 : compressBound(input_count) + 12;
}

size_t cdeflate_gzip(
    const uint8_t *input, size_t input_count, uint8_t *output, size_t output_count) {
    z_stream zlib = {0};
    if (input_count > UINT_MAX || output_count > UINT_MAX) return 0;
    // zlib.h, deflateInit2(): 16 more than the window's bits write gzip, with no name and no time.
    if (deflateInit2(&zlib, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    give(&zlib, input, (uInt)input_count, output, (uInt)output_count);
    size_t count = deflate(&zlib, Z_FINISH) == Z_STREAM_END ? zlib.total_out : 0;
    deflateEnd(&zlib);
    return count;
}
