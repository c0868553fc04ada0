// System calls that Swift's Glibc overlay lacks or cannot import, one thin wrapper each.
//
// Every function returns what the call returns, or the negative error number: no `errno` on the
// Swift side. No logic and no policy here. On other systems than Linux this header is empty.
#pragma once

#if defined(__linux__)

#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>

/// An address of either family in network byte order; `family` is 4 or 6 (0: neither).
struct linux_address {
    uint8_t family;
    uint8_t bytes[16];
    uint16_t port;
};

// Clock and sleeping. Instants and durations are nanoseconds.
uint64_t linux_monotonic_nanoseconds(void);
int linux_sleep_until(uint64_t monotonic_nanoseconds);
int linux_set_timer_slack(unsigned long nanoseconds);

// Threads and the process.
int linux_pin_thread(pthread_t thread, int processor);
int linux_current_processor(void);
int linux_name_thread(pthread_t thread, const char *name);
int linux_set_first_in_first_out(pthread_t thread, int priority);
int linux_lock_memory(void);
/// Sets the soft limit of open descriptors, at most the hard limit; returns what it is now.
int linux_set_descriptor_limit(uint64_t count);
/// Leaves the calling thread only the signals that its own faults raise.
int linux_block_asynchronous_signals(void);
int linux_ignore_broken_pipes(void);
int linux_block_stop_signals(void);
/// Waits for SIGTERM or SIGINT and returns its number; -EAGAIN after `nanoseconds` (< 0: never).
int linux_wait_for_stop_signal(int64_t nanoseconds);

// Readiness.
int linux_epoll_create(void);
int linux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t data);
int linux_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t data);
int linux_epoll_remove(int epoll, int descriptor);
int linux_epoll_wait_milliseconds(
    int epoll, struct epoll_event *events, int count_max, int milliseconds);
/// epoll_pwait2; -ENOSYS before Linux 5.11. `nanoseconds` < 0 waits without end.
int linux_epoll_wait_nanoseconds(
    int epoll, struct epoll_event *events, int count_max, int64_t nanoseconds);
int linux_event_create(void);
int linux_event_signal(int event);
int linux_event_clear(int event);

// Sockets. All are made non-blocking and close-on-exec.
int linux_socket(uint8_t family);
int linux_bind(int descriptor, const struct linux_address *address);
int linux_listen(int descriptor, int backlog);
int linux_accept(int descriptor, struct linux_address *peer);
int linux_connect(int descriptor, const struct linux_address *address);
/// Reads a numeric address: 1 where `text` is one, 0 where it is not.
int linux_parse_address(const char *text, struct linux_address *address);
int linux_local_port(int descriptor);
int linux_socket_error(int descriptor);
int linux_open_null(void);
/// Both ends of a pipe, the reading one first; close-on-exec from the start, so that no child that
/// another thread starts meanwhile gets them.
int linux_pipe(int descriptors[2]);
int linux_close(int descriptor);
int linux_shut_down_sending(int descriptor);
/* Bytes in the send buffer that the peer's kernel has not acknowledged, or a negative errno. */
int linux_unsent_byte_count(int descriptor);

int linux_set_no_delay(int descriptor);
int linux_set_address_reuse(int descriptor);
int linux_set_port_sharing(int descriptor);
int linux_set_dual_stack(int descriptor);
int linux_set_send_buffer(int descriptor, int byte_count);
int linux_set_receive_buffer(int descriptor, int byte_count);
int linux_set_user_timeout(int descriptor, unsigned int milliseconds);
int linux_set_late_port_choice(int descriptor);
/// Makes the next close send RST and forget what is unsent.
int linux_set_reset_on_close(int descriptor);

// Bytes: never blocks, never raises SIGPIPE.
int64_t linux_receive(int descriptor, void *buffer, int64_t byte_count);
int64_t linux_send(int descriptor, const void *bytes, int64_t byte_count);
int64_t linux_send_two(
    int descriptor, const void *head, int64_t head_count, const void *body, int64_t body_count);

#endif
