/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/crew.h"

#include "core/spec.h"
#include "lab/lab.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK 200 /* ms between looks at the interrupt */

typedef enum frame_kind { FRAME_CHECKPOINT, FRAME_RESULT, FRAME_ERROR } frame_kind;

/* Between processes of one machine; `size` bytes follow. */
typedef struct frame {
    int64_t kind;
    int64_t status;
    int64_t progress;
    uint64_t size;
} frame;

struct cod_crew_link {
    int socket;
};

typedef struct worker {
    pid_t process; /* 0: none */
    int socket;
    int busy;
    size_t unit;
    double since;
} worker;

typedef struct crew {
    const cod_crew_work *work;
    worker *workers;
    struct pollfd *polls;
    size_t jobs;
    size_t next; /* the first unit not begun */
    size_t ended;
} crew;

static double now(void)
{
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (double)moment.tv_sec + 1e-9 * (double)moment.tv_nsec;
}

unsigned cod_crew_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

/* ---- whole messages over a socket ---- */

/* 0 when the other end is gone. */
static int send_all(int to, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t sent = send(to, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return 0;
        at += sent;
        size -= (size_t)sent;
    }
    return 1;
}

static int receive_all(int from, void *data, size_t size)
{
    char *at = data;
    while (size > 0) {
        ssize_t got = recv(from, at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        at += got;
        size -= (size_t)got;
    }
    return 1;
}

static int send_frame(int to, frame head, const void *data)
{
    return send_all(to, &head, sizeof head) && send_all(to, data, head.size);
}

/* ---- in a worker ---- */

void cod_crew_checkpoint(cod_crew_link *link, int64_t progress, const cod_bytes *bytes)
{
    frame head = {FRAME_CHECKPOINT, COD_OK, progress, bytes->size};
    if (!bytes->failed && !send_frame(link->socket, head, bytes->data))
        _exit(0); /* nobody is left to work for */
}

static void do_unit(const cod_crew_work *work, size_t unit, cod_crew_link *link)
{
    cod_message message = {{0}};
    cod_bytes bytes = {0};
    cod_status status = work->run(work->data, unit, link, &bytes, &message);
    if (status >= 0 && bytes.failed)
        status = cod_fail(&message, COD_EMEMORY, "out of memory");
    frame head = {FRAME_RESULT, status, 0, bytes.size};
    int sent;
    if (status >= 0) {
        sent = send_frame(link->socket, head, bytes.data);
    } else {
        head.kind = FRAME_ERROR;
        head.size = sizeof message;
        sent = send_frame(link->socket, head, &message);
    }
    cod_bytes_clear(&bytes);
    if (!sent)
        _exit(0);
}

/* Never returns: what the caller's process has open, and would do at its exit, is not
 * this process's affair. */
static void work_on(const cod_crew_work *work, int socket, pid_t parent)
{
    cod_crew_link link = {socket};
    uint64_t unit;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (getppid() != parent)
        _exit(0); /* it died before the line above */
    if (work->begin != NULL)
        work->begin(work->data);
    while (receive_all(socket, &unit, sizeof unit))
        do_unit(work, unit, &link);
    _exit(0);
}

/* ---- in the caller's process ---- */

/* What was printed and not yet written would be written by both. */
static cod_status start(crew *c, worker *w, cod_message *message)
{
    int ends[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return cod_fail(message, COD_EMEMORY, "no worker can be started: %s",
                        strerror(errno));
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        for (size_t k = 0; k < c->jobs; k++)
            if (c->workers[k].process > 0)
                close(c->workers[k].socket);
        work_on(c->work, ends[1], parent);
    }
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return cod_fail(message, COD_EMEMORY, "no worker can be started: %s",
                        strerror(errno));
    }
    *w = (worker){.process = process, .socket = ends[0]};
    return COD_OK;
}

/* Ends a worker's process; how it ended. */
static int stop(worker *w, int by_force)
{
    int how = 0;
    if (w->process <= 0)
        return 0;
    if (by_force)
        kill(w->process, SIGKILL);
    close(w->socket);
    while (waitpid(w->process, &how, 0) < 0 && errno == EINTR)
        continue;
    *w = (worker){0};
    return how;
}

/* The next unit, or its leave where there is none. A worker that can't be reached is
 * found by the poll. */
static void give(crew *c, worker *w)
{
    if (c->next == c->work->count) {
        stop(w, 0);
        return;
    }
    uint64_t unit = c->next++;
    w->busy = 1;
    w->unit = unit;
    w->since = now();
    (void)send_all(w->socket, &unit, sizeof unit);
}

static cod_status end_unit(crew *c, worker *w, cod_crew_outcome *outcome,
                           cod_message *message)
{
    outcome->seconds = now() - w->since;
    w->busy = 0;
    c->ended++;
    return c->work->ended(c->work->data, w->unit, outcome, message);
}

static cod_status lost(crew *c, worker *w, cod_message *message)
{
    cod_crew_outcome outcome = {.crashed = 1, .status = COD_ECALLBACK};
    worker before = *w;
    int how = stop(w, 0), number = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    if (number > 0)
        cod_fail(&outcome.message, COD_ECALLBACK,
                 "its process was ended by signal %d (%s)", number, strsignal(number));
    else
        cod_fail(&outcome.message, COD_ECALLBACK,
                 "its process ended with exit status %d", WEXITSTATUS(how));
    return end_unit(c, &before, &outcome, message);
}

/* `bytes` is at least as long as the frame says. */
static cod_status take_frame(crew *c, worker *w, const frame *head, cod_bytes *bytes,
                             cod_message *message)
{
    const cod_crew_work *work = c->work;
    if (head->kind == FRAME_CHECKPOINT)
        return work->checkpoint == NULL
                   ? COD_OK
                   : work->checkpoint(work->data, w->unit, head->progress, bytes,
                                      now() - w->since, message);
    cod_crew_outcome outcome = {.status = (cod_status)head->status};
    if (head->kind == FRAME_ERROR)
        memcpy(&outcome.message, bytes->data, sizeof outcome.message);
    else
        outcome.bytes = *bytes;
    return end_unit(c, w, &outcome, message);
}

static cod_status hear(crew *c, worker *w, cod_message *message)
{
    frame head;
    cod_bytes bytes = {0};
    if (!receive_all(w->socket, &head, sizeof head))
        return lost(c, w, message);
    bytes.data = malloc(head.size + 1);
    if (bytes.data == NULL)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    bytes.size = bytes.room = head.size;
    cod_status status = receive_all(w->socket, bytes.data, head.size)
                            ? take_frame(c, w, &head, &bytes, message)
                            : lost(c, w, message);
    free(bytes.data);
    return status;
}

static int is_interrupted(const crew *c)
{
    return c->work->interrupt != NULL && *c->work->interrupt != 0;
}

/* Waits, at most so many ms, until a worker has something to say, and listens to each
 * that has. */
static cod_status listen_once(crew *c, int patience, cod_message *message)
{
    size_t count = 0, at = 0;
    cod_status status = COD_OK;
    for (size_t k = 0; k < c->jobs; k++)
        if (c->workers[k].busy)
            c->polls[count++] =
                (struct pollfd){.fd = c->workers[k].socket, .events = POLLIN};
    if (poll(c->polls, count, patience) < 0)
        return errno == EINTR
                   ? COD_OK
                   : cod_fail(message, COD_EMEMORY,
                              "the workers can't be listened to: %s", strerror(errno));
    for (size_t k = 0; status == COD_OK && k < c->jobs; k++)
        if (c->workers[k].busy && c->polls[at++].revents != 0)
            status = hear(c, &c->workers[k], message);
    return status;
}

/* Every worker that does nothing gets a unit, and every place a worker; where the
 * system starts no more of them, it is asked again the next time. */
static cod_status employ(crew *c, cod_message *message)
{
    size_t running = 0;
    cod_status status = COD_OK;
    for (size_t k = 0; k < c->jobs; k++) {
        worker *w = &c->workers[k];
        if (status == COD_OK && w->process == 0 && c->next < c->work->count)
            status = start(c, w, message);
        if (w->process > 0 && !w->busy)
            give(c, w);
        running += w->process > 0;
    }
    return running > 0 ? COD_OK : status;
}

static cod_status work_through(crew *c, cod_message *message)
{
    cod_status status = COD_OK;
    while (status == COD_OK && c->ended < c->work->count) {
        if (is_interrupted(c)) {
            status = listen_once(c, 0, message); /* what has been said already */
            return status < 0 ? status : COD_EINTERRUPTED;
        }
        status = employ(c, message);
        if (status == COD_OK)
            status = listen_once(c, TICK, message);
        if (c->work->idle != NULL)
            c->work->idle(c->work->data);
    }
    return status;
}

cod_status cod_crew_run(const cod_crew_work *work, cod_message *ret_message)
{
    crew c = {.work = work, .jobs = work->jobs > 0 ? work->jobs : 1};
    if (work->count == 0)
        return COD_OK;
    if (c.jobs > work->count)
        c.jobs = work->count;
    c.workers = calloc(c.jobs, sizeof *c.workers);
    c.polls = calloc(c.jobs, sizeof *c.polls);
    cod_status status = c.workers == NULL || c.polls == NULL
                            ? cod_fail(ret_message, COD_EMEMORY, "out of memory")
                            : work_through(&c, ret_message);
    for (size_t k = 0; c.workers != NULL && k < c.jobs; k++)
        stop(&c.workers[k], c.workers[k].busy);
    free(c.workers);
    free(c.polls);
    return status;
}
