#pragma once

#include <stddef.h>
#include <stdint.h>

/// One file of the built-in page, as it stands in Clients/web.
struct hyoshi_web_file {
    /// The path of the request that it answers, from the slash on; ASCII, ends with a zero byte.
    const char *_Nonnull path;
    /// The value of its Content-Type header; ASCII, ends with a zero byte.
    const char *_Nonnull content_type;
    /// The content; lives as long as the process.
    const uint8_t *_Nonnull bytes;
    /// The number of bytes.
    size_t count;
};

/// All files of the page; the first one answers "/".
///
/// Built by a compiler without `#embed` the table is empty, and a server has no page.
extern const struct hyoshi_web_file *_Nonnull const hyoshi_web_files;

/// The number of files.
extern const size_t hyoshi_web_file_count;
