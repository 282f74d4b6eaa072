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

/* Room for the packets of one moment, which go out together. Longer ones are not kept. */
#define PLANNER_OUTGOING_LIMIT 2048

/* libssh2 asks for the greeting of a server byte by byte: this much is received at once. */
#define PLANNER_AHEAD_LIMIT 512

/* What the transport callbacks of one session note for its owner. Touched only by the thread that calls libssh2. */
struct planner_transport {
    uint64_t received;       /* bytes since the start: a change means that every channel may have news */
    int readable;            /* the socket may hold bytes: nobody has found it empty since the kernel said so */
    int hung_up;             /* the far side will send nothing more: the socket is read to its end */
    int unacknowledged;      /* bytes came, and nothing was sent since that would tell the far side so */
    int ended;               /* 0 while the link lives, -1 after an orderly end, else the errno that ended it */
    int send_error;          /* the errno with which packets could not be sent; 0: none */
    int closing;             /* set by the owner before it frees the session: errors are to be reported now */
    uint32_t refusal_reason; /* RFC 4254 section 5.1 reason of the last refused channel, 0 = none */
    char refusal[200];       /* the server's own words for it */
    struct planner_tunnel *tunnel; /* in place of a socket; NULL: there is a socket */
    unsigned char *greeting;       /* the first bytes from the server, for as long as somebody wants them; else NULL */
    size_t greeting_count;
    size_t ahead_start;
    size_t ahead_count;
    unsigned char ahead[PLANNER_AHEAD_LIMIT]; /* what came with the byte that libssh2 asked for */
    size_t outgoing_count;
    unsigned char outgoing[PLANNER_OUTGOING_LIMIT]; /* packets that planner_flush() sends */
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

static inline ssize_t planner_take_ahead(struct planner_transport *transport, void *buffer, size_t length) {
    size_t count = length < transport->ahead_count ? length : transport->ahead_count;
    memcpy(buffer, transport->ahead + transport->ahead_start, count);
    transport->ahead_start += count;
    transport->ahead_count -= count;
    planner_note(transport, buffer, count);
    return (ssize_t)count;
}

/* Receives without ever reporting the end of the stream as an error: libssh2 would drop what it has queued. The owner
 * sees `ended` once everything that arrived has been read. libssh2 asks until there is nothing more, so a socket that is known to be
 * empty is not asked. */
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
    if (transport->ahead_count > 0) {
        return planner_take_ahead(transport, buffer, length);
    }
    if (!transport->readable || transport->ended) {
        return -EAGAIN;
    }
    int is_ahead = length < PLANNER_AHEAD_LIMIT;
    size_t room = is_ahead ? PLANNER_AHEAD_LIMIT : length;
    ssize_t count = recv(fd, is_ahead ? transport->ahead : buffer, room, flags);
    if (count > 0) {
        /* It gave all that it had; of what comes later the kernel tells. Only of an end that it has told already it does not. */
        if ((size_t)count < room && !transport->hung_up) {
            transport->readable = 0;
        }
        transport->unacknowledged = 1;
        if (is_ahead) {
            transport->ahead_start = 0;
            transport->ahead_count = (size_t)count;
            return planner_take_ahead(transport, buffer, length);
        }
        planner_note(transport, buffer, (size_t)count);
        return count;
    }
    if (count < 0 && errno == EINTR) {
        return -EAGAIN;
    }
    if (count < 0 && errno == EAGAIN) {
        transport->readable = 0;
        return -EAGAIN;
    }
    transport->ended = count == 0 ? -1 : errno;
    transport->received += 1;
    return -EAGAIN;
}

/* Sends what waits: how much of it the socket did not take. */
static inline size_t planner_flush(libssh2_socket_t fd, struct planner_transport *transport) {
    size_t sent = 0;
    while (sent < transport->outgoing_count) {
        ssize_t count = send(fd, transport->outgoing + sent, transport->outgoing_count - sent, MSG_NOSIGNAL);
        if (count > 0) {
            transport->unacknowledged = 0;
            sent += (size_t)count;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            /* What the far side sent before the link broke is still to be read: only the receiver decides that it is over. */
            transport->send_error = errno;
            sent = transport->outgoing_count;
        }
    }
    transport->outgoing_count -= sent;
    if (sent > 0 && transport->outgoing_count > 0) {
        memmove(transport->outgoing, transport->outgoing + sent, transport->outgoing_count);
    }
    return transport->outgoing_count;
}

static inline size_t planner_outgoing_room(const struct planner_transport *transport) {
    return PLANNER_OUTGOING_LIMIT - transport->outgoing_count;
}

/* Tells the far side at once what has arrived, before somebody waits for more: an sshd that leaves Nagle's algorithm on holds its next
 * packet back until then, and the kernel would take its time (40 ms). */
static inline void planner_acknowledge(libssh2_socket_t fd, struct planner_transport *transport) {
    if (transport->unacknowledged) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
        transport->unacknowledged = 0;
    }
}

/* Packets that are made in one moment go out together, by planner_flush(): on both sides a packet costs more than its bytes. */
static inline ssize_t planner_send(libssh2_socket_t fd, const void *buffer, size_t length, int flags, void **abstract) {
    struct planner_transport *transport = (struct planner_transport *)*abstract;
    if (transport->tunnel) {
        if (transport->closing || transport->tunnel->ended) {
            return -EPIPE;
        }
        size_t put = planner_stream_put(&transport->tunnel->outgoing, buffer, length);
        return put > 0 ? (ssize_t)put : -EAGAIN;
    }
    if (transport->closing) {
        return -EPIPE;
    }
    if (length <= planner_outgoing_room(transport) && !transport->send_error) {
        memcpy(transport->outgoing + transport->outgoing_count, buffer, length);
        transport->outgoing_count += length;
        return (ssize_t)length;
    }
    if (planner_flush(fd, transport) > 0) {
        return -EAGAIN;
    }
    if (transport->send_error) {
        return -transport->send_error;
    }
    ssize_t count = send(fd, buffer, length, flags | MSG_NOSIGNAL);
    if (count >= 0) {
        transport->unacknowledged = 0;
        return count;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return -EAGAIN;
    }
    transport->send_error = errno;
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
static const uint32_t planner_epoll_hangup = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
/* All that a connection may tell, each time that it becomes so. */
static const uint32_t planner_epoll_changes = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
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
