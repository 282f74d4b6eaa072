/* One kept connection, many times `true`: what a C program on libssh2 takes for each, in milliseconds, median.
 *
 *   cc -O2 -o sequential sequential.c -lssh2 && ./sequential DIRECTORY COUNT
 *
 * Blocking calls and no event loop: as lean as it gets. TCP_NODELAY is set; the answers come at once, so nothing waits for an ACK. */
#include <arpa/inet.h>
#include <libssh2.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <pwd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static int order(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void need(int ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "sequential: %s failed\n", what);
        exit(1);
    }
}

static void run(LIBSSH2_SESSION *session) {
    LIBSSH2_CHANNEL *channel = libssh2_channel_open_session(session);
    char buffer[4096];
    need(channel != NULL, "open");
    need(libssh2_channel_exec(channel, "true") == 0, "exec");
    libssh2_channel_send_eof(channel);
    while (libssh2_channel_read(channel, buffer, sizeof(buffer)) > 0) {
    }
    libssh2_channel_wait_closed(channel);
    need(libssh2_channel_get_exit_status(channel) == 0, "true");
    libssh2_channel_free(channel);
}

int main(int count, char **words) {
    char path[4096], host[64] = "";
    int repeats = count > 2 ? atoi(words[2]) : 0;
    need(repeats > 0, "reading the arguments");
    snprintf(path, sizeof(path), "%s/hosts", words[1]);
    FILE *hosts = fopen(path, "r");
    need(hosts && fscanf(hosts, "%63s", host) == 1, "reading the hosts");
    fclose(hosts);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(22022)};
    inet_pton(AF_INET, host, &address.sin_addr);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    need(connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
    LIBSSH2_SESSION *session = libssh2_session_init();
    need(libssh2_session_handshake(session, descriptor) == 0, "handshake");
    snprintf(path, sizeof(path), "%s/id_ed25519", words[1]);
    struct passwd *user = getpwuid(getuid());
    need(libssh2_userauth_publickey_fromfile(session, user->pw_name, NULL, path, NULL) == 0, "login");
    for (int index = 0; index < 10; index++) {
        run(session);
    }
    double *times = malloc(sizeof(double) * repeats);
    for (int index = 0; index < repeats; index++) {
        double start = now();
        run(session);
        times[index] = now() - start;
    }
    qsort(times, repeats, sizeof(double), order);
    printf("%.3f\n", times[repeats / 2]);
    libssh2_session_disconnect(session, "done");
    libssh2_session_free(session);
    close(descriptor);
    return 0;
}
