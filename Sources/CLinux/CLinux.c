#if defined(__linux__)

#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static int or_error(int result) {
    return result < 0 ? -errno : result;
}

static struct timespec timespec_of(uint64_t nanoseconds) {
    struct timespec time = {
        .tv_sec = (time_t)(nanoseconds / 1000000000u),
        .tv_nsec = (long)(nanoseconds % 1000000000u),
    };
    return time;
}

// Clock and sleeping

uint64_t linux_monotonic_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int linux_sleep_until(uint64_t monotonic_nanoseconds) {
    struct timespec time = timespec_of(monotonic_nanoseconds);
    return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

int linux_set_timer_slack(unsigned long nanoseconds) {
    return or_error(prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0));
}

// Threads and the process

int linux_pin_thread(pthread_t thread, int processor) {
    if (processor < 0 || processor >= CPU_SETSIZE) return -EINVAL;
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(processor, &processors);
    return -pthread_setaffinity_np(thread, sizeof processors, &processors);
}

int linux_current_processor(void) {
    return or_error(sched_getcpu());
}

int linux_name_thread(pthread_t thread, const char *name) {
    return -pthread_setname_np(thread, name);
}

int linux_set_first_in_first_out(pthread_t thread, int priority) {
    struct sched_param parameter = {.sched_priority = priority};
    return -pthread_setschedparam(thread, SCHED_FIFO, &parameter);
}

int linux_lock_memory(void) {
    return or_error(mlockall(MCL_CURRENT | MCL_FUTURE));
}

int linux_set_descriptor_limit(uint64_t count) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int)limit.rlim_cur;
}

int linux_block_asynchronous_signals(void) {
    static const int synchronous[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
    sigset_t signals;
    sigfillset(&signals);
    for (unsigned i = 0; i < sizeof synchronous / sizeof *synchronous; i++) {
        sigdelset(&signals, synchronous[i]);
    }
    return -pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

int linux_ignore_broken_pipes(void) {
    return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -errno : 0;
}

static void stop_signals(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
}

int linux_block_stop_signals(void) {
    sigset_t signals;
    stop_signals(&signals);
    return -pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

int linux_wait_for_stop_signal(int64_t nanoseconds) {
    sigset_t signals;
    stop_signals(&signals);
    if (nanoseconds < 0) return or_error(sigwaitinfo(&signals, NULL));
    struct timespec time = timespec_of((uint64_t)nanoseconds);
    return or_error(sigtimedwait(&signals, NULL, &time));
}

// Readiness

int linux_epoll_create(void) {
    return or_error(epoll_create1(EPOLL_CLOEXEC));
}

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return or_error(epoll_ctl(epoll, operation, descriptor, &event));
}

int linux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_ADD, descriptor, events, data);
}

int linux_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_MOD, descriptor, events, data);
}

int linux_epoll_remove(int epoll, int descriptor) {
    return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

int linux_epoll_wait_milliseconds(
    int epoll, struct epoll_event *events, int count_max, int milliseconds) {
    return or_error(epoll_wait(epoll, events, count_max, milliseconds));
}

int linux_epoll_wait_nanoseconds(
    int epoll, struct epoll_event *events, int count_max, int64_t nanoseconds) {
    struct timespec time = timespec_of(nanoseconds < 0 ? 0 : (uint64_t)nanoseconds);
    struct timespec *timeout = nanoseconds < 0 ? NULL : &time;
    return or_error(
        (int)syscall(SYS_epoll_pwait2, epoll, events, count_max, timeout, NULL, (size_t)0));
}

int linux_event_create(void) {
    return or_error(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

int linux_event_signal(int event) {
    uint64_t one = 1;
    return or_error((int)write(event, &one, sizeof one));
}

int linux_event_clear(int event) {
    uint64_t count;
    return or_error((int)read(event, &count, sizeof count));
}

// Sockets

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t to_system(const struct linux_address *address, union any_address *system) {
    memset(system, 0, sizeof *system);
    if (address->family == 6) {
        system->v6.sin6_family = AF_INET6;
        system->v6.sin6_port = htons(address->port);
        memcpy(&system->v6.sin6_addr, address->bytes, 16);
        return sizeof system->v6;
    }
    system->v4.sin_family = AF_INET;
    system->v4.sin_port = htons(address->port);
    memcpy(&system->v4.sin_addr, address->bytes, 4);
    return sizeof system->v4;
}

static void from_system(const union any_address *system, struct linux_address *address) {
    memset(address, 0, sizeof *address);
    if (system->any.sa_family == AF_INET6) {
        address->family = 6;
        address->port = ntohs(system->v6.sin6_port);
        memcpy(address->bytes, &system->v6.sin6_addr, 16);
    } else if (system->any.sa_family == AF_INET) {
        address->family = 4;
        address->port = ntohs(system->v4.sin_port);
        memcpy(address->bytes, &system->v4.sin_addr, 4);
    }
}

int linux_socket(uint8_t family) {
    int domain = family == 6 ? AF_INET6 : AF_INET;
    return or_error(socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int linux_bind(int descriptor, const struct linux_address *address) {
    union any_address system;
    socklen_t size = to_system(address, &system);
    return or_error(bind(descriptor, &system.any, size));
}

int linux_listen(int descriptor, int backlog) {
    return or_error(listen(descriptor, backlog));
}

int linux_accept(int descriptor, struct linux_address *peer) {
    union any_address system;
    memset(&system, 0, sizeof system);
    socklen_t size = sizeof system;
    int accepted = accept4(descriptor, &system.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) return -errno;
    from_system(&system, peer);
    return accepted;
}

int linux_connect(int descriptor, const struct linux_address *address) {
    union any_address system;
    socklen_t size = to_system(address, &system);
    return or_error(connect(descriptor, &system.any, size));
}

int linux_parse_address(const char *text, struct linux_address *address) {
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, address->bytes) == 1) {
        address->family = 4;
        return 1;
    }
    if (inet_pton(AF_INET6, text, address->bytes) == 1) {
        address->family = 6;
        return 1;
    }
    return 0;
}

int linux_local_port(int descriptor) {
    union any_address system;
    memset(&system, 0, sizeof system);
    socklen_t size = sizeof system;
    if (getsockname(descriptor, &system.any, &size) < 0) return -errno;
    struct linux_address address;
    from_system(&system, &address);
    return address.port;
}

int linux_socket_error(int descriptor) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return -errno;
    return -error;
}

int linux_open_null(void) {
    return or_error(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

int linux_pipe(int descriptors[2]) {
    return or_error(pipe2(descriptors, O_CLOEXEC));
}

int linux_close(int descriptor) {
    return or_error(close(descriptor));
}

int linux_unsent_byte_count(int descriptor) {
    int count = 0;
    return ioctl(descriptor, TIOCOUTQ, &count) < 0 ? -errno : count;
}

int linux_shut_down_sending(int descriptor) {
    return or_error(shutdown(descriptor, SHUT_WR));
}

static int set_option(int descriptor, int level, int option, int value) {
    return or_error(setsockopt(descriptor, level, option, &value, sizeof value));
}

int linux_set_no_delay(int descriptor) {
    return set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
}

int linux_set_address_reuse(int descriptor) {
    return set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
}

int linux_set_port_sharing(int descriptor) {
    return set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
}

int linux_set_dual_stack(int descriptor) {
    return set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
}

int linux_set_send_buffer(int descriptor, int byte_count) {
    return set_option(descriptor, SOL_SOCKET, SO_SNDBUF, byte_count);
}

int linux_set_receive_buffer(int descriptor, int byte_count) {
    return set_option(descriptor, SOL_SOCKET, SO_RCVBUF, byte_count);
}

int linux_set_user_timeout(int descriptor, unsigned int milliseconds) {
    return set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)milliseconds);
}

int linux_set_late_port_choice(int descriptor) {
    return set_option(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
}

int linux_set_reset_on_close(int descriptor) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    return or_error(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
}

// Bytes

int64_t linux_receive(int descriptor, void *buffer, int64_t byte_count) {
    ssize_t count = recv(descriptor, buffer, (size_t)byte_count, MSG_DONTWAIT);
    return count < 0 ? -errno : count;
}

int64_t linux_send(int descriptor, const void *bytes, int64_t byte_count) {
    ssize_t count = send(descriptor, bytes, (size_t)byte_count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return count < 0 ? -errno : count;
}

int64_t linux_send_two(
    int descriptor, const void *head, int64_t head_count, const void *body, int64_t body_count) {
    struct iovec parts[2] = {
        {.iov_base = (void *)head, .iov_len = (size_t)head_count},
        {.iov_base = (void *)body, .iov_len = (size_t)body_count},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t count = sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return count < 0 ? -errno : count;
}

#endif
