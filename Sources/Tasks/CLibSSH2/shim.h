/* What Swift cannot import from libssh2 and the kernel headers, and the transport callbacks of a session. */
#ifndef PLANNER_CLIBSSH2_SHIM_H
#define PLANNER_CLIBSSH2_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <libssh2.h>
#include <libssh2_sftp.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* What the transport callbacks of one session note for its owner. Touched only by the thread that calls libssh2. */
struct planner_transport {
    uint64_t received;       /* bytes since the start: a change means that every channel may have news */
    int ended;               /* 0 while the link lives, -1 after an orderly end, else the errno that ended it */
    int closing;             /* set by the owner before it frees the session: errors are to be reported now */
    uint32_t refusal_reason; /* RFC 4254 section 5.1 reason of the last refused channel, 0 = none */
    char refusal[200];       /* the server's own words for it */
};

static inline void *planner_allocate(size_t size, void **abstract) {
    (void)abstract;
    return malloc(size);
}

static inline void *planner_reallocate(void *pointer, size_t size, void **abstract) {
    (void)abstract;
    return realloc(pointer, size);
}

/* libssh2 drops the description of SSH_MSG_CHANNEL_OPEN_FAILURE ("Connection refused", "No route to host"), which is
 * what tells a guest that is down from one whose service is down. The packet passes by here when it is freed. */
static inline void planner_release(void *pointer, void **abstract) {
    struct planner_transport *transport = (struct planner_transport *)*abstract;
    const unsigned char *packet = (const unsigned char *)pointer;
    size_t size = pointer ? malloc_usable_size(pointer) : 0;
    if (transport && size >= 17 && packet[0] == 92) {
        uint32_t reason = (uint32_t)packet[5] << 24 | (uint32_t)packet[6] << 16 | (uint32_t)packet[7] << 8 | packet[8];
        uint32_t length = (uint32_t)packet[9] << 24 | (uint32_t)packet[10] << 16 | (uint32_t)packet[11] << 8 | packet[12];
        if (reason >= 1 && reason <= 4 && length <= size - 13) {
            size_t kept = length < sizeof(transport->refusal) - 1 ? length : sizeof(transport->refusal) - 1;
            memcpy(transport->refusal, packet + 13, kept);
            transport->refusal[kept] = 0;
            transport->refusal_reason = reason;
        }
    }
    free(pointer);
}

/* Receives without ever reporting the end of the stream as an error: libssh2 would drop what it has queued. The owner
 * sees `ended` once everything that arrived has been read. TCP_QUICKACK before each wait saves a 40 ms stall. */
static inline ssize_t planner_receive(libssh2_socket_t fd, void *buffer, size_t length, int flags, void **abstract) {
    struct planner_transport *transport = (struct planner_transport *)*abstract;
    if (transport->closing) {
        return -ENOTCONN; /* EAGAIN would make libssh2_session_free() wait for the far side, and leak */
    }
    ssize_t count = recv(fd, buffer, length, flags);
    if (count > 0) {
        transport->received += (uint64_t)count;
        return count;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
        return -EAGAIN;
    }
    if (!transport->ended) {
        transport->ended = count == 0 ? -1 : errno;
        transport->received += 1;
    }
    return -EAGAIN;
}

static inline ssize_t planner_send(libssh2_socket_t fd, const void *buffer, size_t length, int flags, void **abstract) {
    (void)abstract;
    ssize_t count = send(fd, buffer, length, flags | MSG_NOSIGNAL);
    if (count >= 0) {
        return count;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return -EAGAIN;
    }
    /* What the far side sent before the link broke is still to be read: only the receiver decides that it is over. */
    return -errno;
}

/* A session whose callbacks write to `transport`, which must outlive it. NULL when memory is short. */
static inline LIBSSH2_SESSION *planner_session_create(struct planner_transport *transport) {
    LIBSSH2_SESSION *session =
        libssh2_session_init_ex(planner_allocate, planner_release, planner_reallocate, transport);
    if (session) {
        libssh2_session_set_blocking(session, 0);
        libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)planner_receive);
        libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)planner_send);
    }
    return session;
}

static const uint32_t planner_epoll_in = EPOLLIN;
static const uint32_t planner_epoll_out = EPOLLOUT;
static const int32_t planner_epoll_close_on_exec = EPOLL_CLOEXEC;
static const int32_t planner_eventfd_flags = EFD_NONBLOCK | EFD_CLOEXEC;
static const int32_t planner_stream_socket = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
static const int32_t planner_local_stream_socket = SOCK_STREAM | SOCK_CLOEXEC;

static inline void planner_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

static inline int planner_control(int epoll, int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.fd = fd}};
    return epoll_ctl(epoll, operation, fd, &event);
}

#endif
