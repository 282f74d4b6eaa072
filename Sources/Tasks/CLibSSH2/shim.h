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

/* The bytes of a session that runs through a channel of another one instead of a socket: both ways, each of bounded length.
 * Confined to the thread of the event loop, on which both sessions live. */
struct planner_stream {
    unsigned char *bytes;
    size_t capacity;
    size_t start; /* of what was not taken yet */
    size_t count;
};

struct planner_tunnel {
    struct planner_stream incoming; /* from the far side */
    struct planner_stream outgoing;
    int ended; /* as in planner_transport */
};

/* More than a window of TCP, less than what a thousand of them would make of the memory. */
static const size_t planner_stream_limit = 256 * 1024;

/* Puts as much in as fits: how much that was. */
static inline size_t planner_stream_put(struct planner_stream *stream, const void *bytes, size_t length) {
    if (stream->count >= planner_stream_limit) {
        return 0;
    }
    if (length > planner_stream_limit - stream->count) {
        length = planner_stream_limit - stream->count;
    }
    if (stream->start > 0 && stream->start + stream->count + length > stream->capacity) {
        memmove(stream->bytes, stream->bytes + stream->start, stream->count);
        stream->start = 0;
    }
    if (stream->count + length > stream->capacity) {
        size_t capacity = stream->capacity < 4096 ? 4096 : stream->capacity;
        while (capacity < stream->count + length) {
            capacity *= 2;
        }
        unsigned char *grown = (unsigned char *)realloc(stream->bytes, capacity);
        if (!grown) {
            return 0;
        }
        stream->bytes = grown;
        stream->capacity = capacity;
    }
    memcpy(stream->bytes + stream->start + stream->count, bytes, length);
    stream->count += length;
    return length;
}

/* Takes out at most `length` bytes: how many. */
static inline size_t planner_stream_take(struct planner_stream *stream, void *buffer, size_t length) {
    if (length > stream->count) {
        length = stream->count;
    }
    if (length > 0) {
        memcpy(buffer, stream->bytes + stream->start, length);
    }
    stream->start += length;
    stream->count -= length;
    if (stream->count == 0) {
        stream->start = 0;
        /* A quiet session keeps no buffer. */
        if (stream->capacity > 16384) {
            free(stream->bytes);
            stream->bytes = NULL;
            stream->capacity = 0;
        }
    }
    return length;
}

/* What the transport callbacks of one session note for its owner. Touched only by the thread that calls libssh2. */
struct planner_transport {
    uint64_t received;       /* bytes since the start: a change means that every channel may have news */
    int ended;               /* 0 while the link lives, -1 after an orderly end, else the errno that ended it */
    int closing;             /* set by the owner before it frees the session: errors are to be reported now */
    uint32_t refusal_reason; /* RFC 4254 section 5.1 reason of the last refused channel, 0 = none */
    char refusal[200];       /* the server's own words for it */
    struct planner_tunnel *tunnel; /* in place of a socket; NULL: there is a socket */
    unsigned char *greeting;       /* the first bytes from the server, for as long as somebody wants them; else NULL */
    size_t greeting_count;
};

/* As much as the banner and the algorithms of any server take. */
static const size_t planner_greeting_limit = 8192;

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

static inline void planner_note(struct planner_transport *transport, const void *bytes, size_t count) {
    transport->received += (uint64_t)count;
    if (transport->greeting && transport->greeting_count < planner_greeting_limit) {
        size_t room = planner_greeting_limit - transport->greeting_count;
        size_t kept = count < room ? count : room;
        memcpy(transport->greeting + transport->greeting_count, bytes, kept);
        transport->greeting_count += kept;
    }
}

/* Receives without ever reporting the end of the stream as an error: libssh2 would drop what it has queued. The owner
 * sees `ended` once everything that arrived has been read. TCP_QUICKACK before each wait saves a 40 ms stall. */
static inline ssize_t planner_receive(libssh2_socket_t fd, void *buffer, size_t length, int flags, void **abstract) {
    struct planner_transport *transport = (struct planner_transport *)*abstract;
    if (transport->closing) {
        return -ENOTCONN; /* EAGAIN would make libssh2_session_free() wait for the far side, and leak */
    }
    if (transport->tunnel) {
        ssize_t taken = (ssize_t)planner_stream_take(&transport->tunnel->incoming, buffer, length);
        if (taken > 0) {
            planner_note(transport, buffer, (size_t)taken);
            return taken;
        }
        if (transport->tunnel->ended && !transport->ended) {
            transport->ended = transport->tunnel->ended;
            transport->received += 1;
        }
        return -EAGAIN;
    }
    ssize_t count = recv(fd, buffer, length, flags);
    if (count > 0) {
        planner_note(transport, buffer, (size_t)count);
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
    struct planner_transport *transport = (struct planner_transport *)*abstract;
    if (transport->tunnel) {
        if (transport->closing || transport->tunnel->ended) {
            return -EPIPE;
        }
        size_t put = planner_stream_put(&transport->tunnel->outgoing, buffer, length);
        return put > 0 ? (ssize_t)put : -EAGAIN;
    }
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
