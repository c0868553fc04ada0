#ifndef CALLOCATION_COUNTER_H
#define CALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether this platform's allocator is counted: only glibc has the doors underneath.
bool callocation_is_available(void);

/// Starts counting this thread's allocations from 0.
void callocation_start(void);

/// Stops counting and returns how often this thread has asked for memory since the start.
///
/// malloc, calloc, realloc and the aligned ones count one each; free does not.
uint64_t callocation_stop(void);

/// Writes the call stack of this thread's first `count` allocations of each count to stderr.
void callocation_trace(unsigned count);

#endif
