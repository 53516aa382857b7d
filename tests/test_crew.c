/* SPDX-License-Identifier: MIT */
/* Units of work over processes: results, errors, crashes, checkpoints, interrupts. */
#include "lab_files.h"

#include "core/spec.h"
#include "lab/crew.h"
#include "lab/lab.h"
#include "lab/sweep.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct record {
    size_t ended[64];
    int64_t value[64];
    cod_status status[64];
    int crashed[64];
    char message[64][120];
    int64_t checkpoints;
    volatile sig_atomic_t stop;
    size_t stop_after; /* 0: never */
    size_t total;
} record;

/* Squares; unit 3 fails, 5 crashes, 7 leaves, 9 says much. */
static cod_status square(void *data, size_t k, cod_crew_link *link,
                         cod_bytes *ret_bytes, cod_message *message)
{
    (void)data;
    if (k == 3)
        return cod_fail(message, COD_EDOMAIN, "three is not allowed");
    if (k == 5)
        abort();
    if (k == 7)
        _exit(0);
    cod_bytes_put_integer(ret_bytes, (int64_t)(k * k));
    for (int64_t i = 0; k == 9 && i < 100000; i++)
        cod_bytes_put_integer(ret_bytes, i);
    for (int64_t i = 1; k == 11 && i <= 3; i++) {
        cod_bytes bytes = {0};
        cod_bytes_put_integer(&bytes, 10 * i);
        cod_crew_checkpoint(link, i, &bytes);
        cod_bytes_clear(&bytes);
    }
    return COD_OK;
}

static cod_status checkpoint(void *data, size_t k, int64_t progress,
                             const cod_bytes *bytes, double seconds,
                             cod_message *message)
{
    record *r = data;
    cod_bytes_reader reader = {.data = bytes->data, .size = bytes->size};
    (void)message;
    assert_int_equal(k, 11);
    assert_int_equal(progress, ++r->checkpoints);
    assert_int_equal(cod_bytes_get_integer(&reader), 10 * progress);
    assert_true(seconds >= 0);
    return COD_OK;
}

static cod_status ended(void *data, size_t k, const cod_crew_outcome *outcome,
                        cod_message *message)
{
    record *r = data;
    (void)message;
    r->ended[k]++;
    r->status[k] = outcome->status;
    r->crashed[k] = outcome->crashed;
    snprintf(r->message[k], sizeof r->message[k], "%.110s", outcome->message.text);
    cod_bytes_reader reader = {.data = outcome->bytes.data,
                               .size = outcome->bytes.size};
    if (outcome->status == COD_OK)
        r->value[k] = cod_bytes_get_integer(&reader);
    if (k == 9)
        assert_int_equal(outcome->bytes.size, 8 * 100001);
    r->stop = r->stop_after > 0 && ++r->total >= r->stop_after;
    return COD_OK;
}

static void test_crew_any_jobs(void **state)
{
    static const unsigned jobs[] = {0, 1, 2, 5, 200};
    (void)state;
    for (size_t j = 0; j < sizeof jobs / sizeof *jobs; j++) {
        record r = {0};
        cod_crew_work work = {.count = 40,
                              .jobs = jobs[j],
                              .data = &r,
                              .run = square,
                              .checkpoint = checkpoint,
                              .ended = ended};
        assert_status(cod_crew_run(&work, NULL), COD_OK);
        for (size_t k = 0; k < 40; k++) {
            assert_int_equal(r.ended[k], 1);
            assert_int_equal(r.crashed[k], k == 5 || k == 7);
            if (k != 3 && k != 5 && k != 7)
                assert_int_equal(r.value[k], k * k);
        }
        assert_status(r.status[3], COD_EDOMAIN);
        assert_string_equal(r.message[3], "three is not allowed");
        assert_non_null(strstr(r.message[5], "signal 6 (Aborted)"));
        assert_non_null(strstr(r.message[7], "exit status 0"));
        assert_int_equal(r.checkpoints, 3);
    }
    cod_crew_work nothing = {.count = 0};
    assert_status(cod_crew_run(&nothing, NULL), COD_OK);
    assert_true(cod_crew_processors() >= 1);
}

static void test_crew_interrupt(void **state)
{
    record r = {.stop_after = 2};
    cod_crew_work work = {.count = 40,
                          .jobs = 1,
                          .data = &r,
                          .run = square,
                          .ended = ended,
                          .interrupt = &r.stop};
    (void)state;
    assert_status(cod_crew_run(&work, NULL), COD_EINTERRUPTED);
    for (size_t k = 0; k < 40; k++)
        assert_int_equal(r.ended[k], k < 2);
}

/* Unit 1 ends while the caller is busy with unit 0, and then it is interrupted: what
 * ended is not lost. */
static cod_status end_later(void *data, size_t k, cod_crew_link *link,
                            cod_bytes *ret_bytes, cod_message *message)
{
    (void)data;
    (void)link;
    (void)message;
    usleep(k == 1 ? 50000 : 0);
    cod_bytes_put_integer(ret_bytes, (int64_t)k);
    return COD_OK;
}

static cod_status ended_slowly(void *data, size_t k, const cod_crew_outcome *outcome,
                               cod_message *message)
{
    if (k == 0)
        usleep(300000);
    return ended(data, k, outcome, message);
}

static void test_crew_interrupt_loses_nothing(void **state)
{
    record r = {.stop_after = 1};
    cod_crew_work work = {.count = 40,
                          .jobs = 2,
                          .data = &r,
                          .run = end_later,
                          .ended = ended_slowly,
                          .interrupt = &r.stop};
    (void)state;
    assert_status(cod_crew_run(&work, NULL), COD_EINTERRUPTED);
    for (size_t k = 0; k < 40; k++)
        assert_int_equal(r.ended[k], k < 2);
}

/* Signals that a terminal sends to all processes of a program are the caller's. */
static cod_status signal_oneself(void *data, size_t k, cod_crew_link *link,
                                 cod_bytes *ret_bytes, cod_message *message)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    raise(signals[k]);
    return square(data, k, link, ret_bytes, message);
}

static void test_crew_workers_are_not_signalled(void **state)
{
    record r = {0};
    cod_crew_work work = {
        .count = 3, .jobs = 1, .data = &r, .run = signal_oneself, .ended = ended};
    (void)state;
    assert_status(cod_crew_run(&work, NULL), COD_OK);
    for (size_t k = 0; k < 3; k++)
        assert_int_equal(r.crashed[k], 0);
}

/* The caller's process is killed: its workers end at once, whatever they do. */
static pid_t *worker_process; /* shared */

static cod_status sleep_long(void *data, size_t k, cod_crew_link *link,
                             cod_bytes *ret_bytes, cod_message *message)
{
    (void)data;
    (void)link;
    (void)ret_bytes;
    (void)message;
    worker_process[k] = getpid();
    sleep(60);
    return COD_OK;
}

static void test_crew_leaves_no_orphans(void **state)
{
    int how;
    (void)state;
    worker_process = mmap(NULL, 2 * sizeof *worker_process, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(worker_process != MAP_FAILED);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* orphans are ours */
    pid_t caller = fork();
    if (caller == 0) {
        cod_crew_work work = {.count = 2, .jobs = 2, .run = sleep_long, .ended = ended};
        _exit(cod_crew_run(&work, NULL) == COD_OK);
    }
    for (int k = 0; k < 500 && (worker_process[0] == 0 || worker_process[1] == 0); k++)
        usleep(10000);
    kill(caller, SIGKILL);
    assert_int_equal(waitpid(caller, &how, 0), caller);
    for (int k = 0; k < 2; k++) {
        pid_t gone = 0;
        for (int i = 0; gone == 0 && i < 500; i++) {
            usleep(10000);
            gone = waitpid(worker_process[k], &how, WNOHANG);
        }
        assert_int_equal(gone, worker_process[k]);
        assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    }
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
    munmap(worker_process, 2 * sizeof *worker_process);
}

/* The system has no room for as many as were asked for: fewer do the work. */
static void test_crew_of_fewer(void **state)
{
    record r = {0};
    cod_crew_work work = {
        .count = 9, .jobs = 9, .data = &r, .run = end_later, .ended = ended};
    struct rlimit before, few;
    int file = dup(0);
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)file + 5;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    cod_status status = cod_crew_run(&work, NULL);
    few.rlim_cur = (rlim_t)file; /* none at all */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    cod_message message = {{0}};
    cod_status none = cod_crew_run(&work, &message);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    close(file);
    assert_status(status, COD_OK);
    for (size_t k = 0; k < 9; k++)
        assert_int_equal(r.ended[k], 1);
    assert_status(none, COD_EMEMORY);
    assert_non_null(strstr(message.text, "no worker can be started: Too many"));
}

static cod_status refuse(void *data, size_t k, const cod_crew_outcome *outcome,
                         cod_message *message)
{
    (void)data;
    (void)outcome;
    return k == 1 ? cod_fail(message, COD_EFILE, "no room") : COD_OK;
}

static void test_crew_caller_gives_up(void **state)
{
    cod_crew_work work = {.count = 40, .jobs = 3, .run = square, .ended = refuse};
    cod_message message = {{0}};
    (void)state;
    assert_status(cod_crew_run(&work, &message), COD_EFILE);
    assert_string_equal(message.text, "no room");
}

/* ---- a sweep whose runs go on from their checkpoints ---- */

typedef struct counting {
    int64_t dies_at; /* its process dies there, in the first sweep */
    int64_t sums[8];
    size_t accepted;
} counting;

static char *count_identity(void *data, size_t k)
{
    char *text;
    (void)data;
    return asprintf(&text, "count %zu", k) < 0 ? NULL : text;
}

/* Adds 1 .. 10 k, a checkpoint after each. */
static cod_status count_run(void *data, size_t k, cod_bytes_reader from,
                            cod_crew_link *link, cod_bytes *ret_bytes,
                            cod_message *message)
{
    const counting *c = data;
    int64_t i = 0, sum = 0;
    if (from.size > 0) {
        i = cod_bytes_get_integer(&from);
        sum = cod_bytes_get_integer(&from);
        if (i != 4 || sum != 1 + 2 + 3 + 4)
            return cod_fail(message, COD_EDOMAIN, "another checkpoint");
    }
    while (i < 10 * (int64_t)k) {
        cod_bytes bytes = {0};
        sum += ++i;
        cod_bytes_put_integer(&bytes, i);
        cod_bytes_put_integer(&bytes, sum);
        cod_crew_checkpoint(link, i, &bytes);
        cod_bytes_clear(&bytes);
        if (k == 2 && i == c->dies_at)
            raise(SIGSTOP); /* for ever: the caller is interrupted */
    }
    cod_bytes_put_integer(ret_bytes, sum);
    return COD_OK;
}

static volatile sig_atomic_t stop;

static cod_status count_accept(void *data, size_t k, const cod_sweep_end *end,
                               cod_message *message)
{
    counting *c = data;
    cod_bytes_reader reader = end->result;
    (void)message;
    assert_status(end->status, COD_OK);
    c->sums[k] = cod_bytes_get_integer(&reader);
    c->accepted++;
    stop = c->dies_at > 0 && c->accepted == 7;
    return COD_OK;
}

static void test_sweep_goes_on_from_a_checkpoint(void **state)
{
    char *folder = make_folder();
    cod_store *store = NULL;
    counting c = {.dies_at = 4};
    cod_sweep sweep = {.count = 8,
                       .data = &c,
                       .identity = count_identity,
                       .run = count_run,
                       .accept = count_accept};
    cod_stored_run run = {0};
    (void)state;
    stop = 0;
    assert_status(cod_store_open(folder, COD_STORE_NEW, &store, NULL), COD_OK);
    cod_sweep_options how = {.store = store, .jobs = 2, .interrupt = &stop};
    assert_status(cod_sweep_run(&sweep, &how, NULL), COD_EINTERRUPTED);
    assert_int_equal(c.accepted, 7);
    assert_status(cod_store_get(store, 3, &run, NULL), COD_OK);
    assert_int_equal(run.state, COD_RUN_WAITING);
    assert_int_equal(run.progress, 4);
    cod_bytes_clear(&run.bytes);
    cod_store_close(store);
    assert_status(cod_store_open(folder, COD_STORE_WRITE, &store, NULL), COD_OK);
    how.store = store;
    c = (counting){0};
    stop = 0;
    assert_status(cod_sweep_run(&sweep, &how, NULL), COD_OK);
    assert_int_equal(c.accepted, 8);
    for (int64_t k = 0; k < 8; k++)
        assert_int_equal(c.sums[k], 10 * k * (10 * k + 1) / 2);
    cod_store_close(store);
    remove_folder(folder);
}

/* Each share is done once, and nothing twice. */
static void test_sweep_parts(void **state)
{
    counting c = {0};
    cod_sweep sweep = {.count = 8,
                       .data = &c,
                       .identity = count_identity,
                       .run = count_run,
                       .accept = count_accept};
    (void)state;
    for (size_t part = 0; part < 3; part++) {
        cod_sweep_options how = {.parts = 3, .part = part};
        c = (counting){0};
        assert_status(cod_sweep_run(&sweep, &how, NULL), COD_OK);
        assert_int_equal(c.accepted, part < 2 ? 3 : 2);
        for (size_t k = 1; k < 8; k++)
            assert_int_equal(c.sums[k] > 0, k % 3 == part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crew_any_jobs),
        cmocka_unit_test(test_crew_interrupt),
        cmocka_unit_test(test_crew_interrupt_loses_nothing),
        cmocka_unit_test(test_crew_workers_are_not_signalled),
        cmocka_unit_test(test_crew_leaves_no_orphans),
        cmocka_unit_test(test_crew_of_fewer),
        cmocka_unit_test(test_crew_caller_gives_up),
        cmocka_unit_test(test_sweep_goes_on_from_a_checkpoint),
        cmocka_unit_test(test_sweep_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
