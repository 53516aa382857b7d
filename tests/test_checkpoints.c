/* SPDX-License-Identifier: MIT */
/* Long runs that are killed at random moments go on from their last checkpoint, and end
 * as if nobody had touched them. KILLS=1000 kills as often (default 40). */
#include "lab_files.h"

#include <codescent/random.h>

#include "core/spec.h"
#include "lab/lab.h"
#include "lab/sweep.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS 6

/* What the processes of a test share. */
typedef struct shared {
    int64_t begun_at[RUNS]; /* the step at which the last process began a run; -1: none
                               has since this was set so */
    int64_t steps;          /* of all processes */
    int64_t dies_every; /* a worker kills itself at every so many of them; 0: none */
} shared;

static shared *share(void)
{
    shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(s != MAP_FAILED);
    return s;
}

/* ---- the runs ---- */

/* All that a step depends on. */
typedef struct trail {
    int64_t step;
    double value[40];
} trail;

static int64_t length_of(size_t k)
{
    return 60 + 13 * (int64_t)k;
}

static void advance(trail *t, size_t k)
{
    const cod_random random = {k, 1, (uint64_t)t->step};
    size_t at = (size_t)t->step % 40;
    uint64_t drawn = cod_random_bits(random, 0) >> 11;
    t->value[at] = sin(t->value[(at + 39) % 40]) + (double)drawn * 0x1p-53;
    t->step++;
}

static void put_trail(const trail *t, cod_bytes *bytes)
{
    cod_bytes_put_integer(bytes, t->step);
    cod_bytes_put_reals(bytes, t->value, 40);
}

static char *identity(void *data, size_t k)
{
    char *text;
    (void)data;
    return asprintf(&text, "{\"problem\":\"trail\",\"method\":\"walk\",\"seed\":%zu}",
                    k) < 0
               ? NULL
               : text;
}

/* A checkpoint after every third step; a step takes a little time. */
static cod_status walk(void *data, size_t k, cod_bytes_reader from, cod_crew_link *link,
                       cod_bytes *ret_bytes, cod_message *message)
{
    shared *s = data;
    trail t = {0};
    if (from.size > 0) {
        t.step = cod_bytes_get_integer(&from);
        cod_bytes_get_reals(&from, t.value, 40);
        if (from.bad || from.at != from.size)
            return cod_fail(message, COD_EFILE, "no such checkpoint");
    }
    s->begun_at[k] = t.step;
    while (t.step < length_of(k)) {
        usleep(200);
        advance(&t, k);
        if (t.step % 3 == 0) {
            cod_bytes bytes = {0};
            put_trail(&t, &bytes);
            cod_crew_checkpoint(link, t.step, &bytes);
            cod_bytes_clear(&bytes);
        }
        if (++s->steps % (s->dies_every > 0 ? s->dies_every : INT64_MAX) == 0)
            raise(SIGKILL);
    }
    put_trail(&t, ret_bytes);
    return COD_OK;
}

static cod_status accept(void *data, size_t k, const cod_sweep_end *end,
                         cod_message *message)
{
    (void)data;
    (void)k;
    (void)end;
    (void)message;
    return COD_OK;
}

/* ---- a study of them ---- */

static cod_store *open_any(const char *folder)
{
    cod_store *store = NULL;
    cod_store_mode mode =
        exists(folder, COD_STORE_NAME) ? COD_STORE_WRITE : COD_STORE_NEW;
    assert_status(cod_store_open(folder, mode, &store, NULL), COD_OK);
    return store;
}

static cod_status do_study(const char *folder, shared *s, unsigned jobs)
{
    cod_sweep sweep = {
        .count = RUNS, .data = s, .identity = identity, .run = walk, .accept = accept};
    cod_sweep_options how = {.store = open_any(folder), .jobs = jobs, .retry = 1};
    cod_status status = cod_sweep_run(&sweep, &how, NULL);
    cod_store_close(how.store);
    return status;
}

/* What the store has of run k, by a reader who may come at any time. */
static cod_stored_run look_at(const char *folder, int64_t id)
{
    cod_store *store = NULL;
    cod_stored_run run = {0};
    cod_message message = {{0}};
    if (cod_store_open(folder, COD_STORE_READ, &store, &message) != COD_OK)
        fail_msg("%s", message.text);
    assert_status(cod_store_get(store, id, &run, NULL), COD_OK);
    cod_store_close(store);
    return run;
}

/* Each run ended as it would in one go; nothing else is left of it. */
static void check_all(const char *folder)
{
    for (size_t k = 0; k < RUNS; k++) {
        trail t = {0};
        cod_bytes expected = {0};
        cod_stored_run run = look_at(folder, (int64_t)k + 1);
        while (t.step < length_of(k))
            advance(&t, k);
        put_trail(&t, &expected);
        assert_int_equal(run.state, COD_RUN_FINISHED);
        assert_int_equal(run.progress, 0);
        assert_string_equal(run.message.text, "");
        assert_int_equal(run.bytes.size, expected.size);
        assert_memory_equal(run.bytes.data, expected.data, expected.size);
        cod_bytes_clear(&run.bytes);
        cod_bytes_clear(&expected);
    }
    assert_false(exists(folder, COD_STORE_NAME "-wal"));
}

/* ---- kills ---- */

static int64_t kills_wanted(void)
{
    const char *text = getenv("KILLS");
    return text != NULL ? strtoll(text, NULL, 10) : 40;
}

/* Kills the study's process after so many microseconds; 0 where it had ended. */
static int kill_after(useconds_t delay, const char *folder, shared *s)
{
    int how;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(do_study(folder, s, 2) == COD_OK ? 0 : 1);
    usleep(delay);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &how, 0), child);
    if (WIFSIGNALED(how))
        return 1;
    assert_int_equal(WEXITSTATUS(how), 0);
    return 0;
}

/* Progress of each run after a kill is no less than before, and what was begun since
 * then began there. */
static void check_progress(const char *folder, const shared *s, int64_t *progress)
{
    for (size_t k = 0; k < RUNS; k++) {
        cod_stored_run run = look_at(folder, (int64_t)k + 1);
        int64_t now = run.state == COD_RUN_FINISHED ? length_of(k) : run.progress;
        assert_true(run.state != COD_RUN_FAILED);
        assert_true(now >= progress[k]);
        if (s->begun_at[k] >= 0)
            assert_int_equal(s->begun_at[k], progress[k]);
        progress[k] = now;
        cod_bytes_clear(&run.bytes);
    }
}

/* How many runs have begun and not ended. */
static int64_t begun_of(const int64_t *progress)
{
    int64_t begun = 0;
    for (size_t k = 0; k < RUNS; k++)
        begun += progress[k] > 0 && progress[k] < length_of(k);
    return begun;
}

/* The longest delay follows what the machine does besides: a tenth of the kills at
 * least has to leave a checkpoint. */
static void test_checkpoints_process_killed(void **state)
{
    const cod_random random = {(uint64_t)time(NULL), 2, 0};
    shared *s = share();
    int64_t kills = 0, within = 0, tries = 0, wanted = kills_wanted();
    uint64_t longest = 40000;
    (void)state;
    while (kills < wanted || (within <= kills / 10 && kills < 10 * wanted)) {
        char *folder = make_folder();
        int64_t progress[RUNS] = {0};
        int killed;
        do {
            uint64_t drawn = cod_random_bits(random, (uint64_t)tries++);
            memset(s->begun_at, -1, sizeof s->begun_at);
            killed = kill_after((useconds_t)(drawn % longest), folder, s);
            kills += killed;
            if (exists(folder, COD_STORE_NAME))
                check_progress(folder, s, progress);
            int64_t begun = killed ? begun_of(progress) : 0;
            within += begun;
            if (killed && begun == 0)
                longest += longest / 8;
            else if (!killed)
                longest -= longest / 4;
        } while (killed);
        check_all(folder);
        remove_folder(folder);
    }
    print_message("%lld kills, after which %lld runs had a checkpoint\n",
                  (long long)kills, (long long)within);
    assert_true(within > kills / 10);
    munmap(s, sizeof *s);
}

/* Workers that are killed every 37 steps, in runs of 60 and more: none would ever end
 * if it began anew. */
static void test_checkpoints_workers_killed(void **state)
{
    shared *s = share();
    char *folder = make_folder();
    int64_t failed = 1, rounds = 0;
    (void)state;
    s->dies_every = 37;
    for (; failed > 0; rounds++) {
        assert_true(rounds < 40);
        assert_status(do_study(folder, s, 1), COD_OK);
        failed = 0;
        for (int64_t id = 1; id <= RUNS; id++) {
            cod_stored_run run = look_at(folder, id);
            failed += run.state == COD_RUN_FAILED;
            if (run.state == COD_RUN_FAILED)
                assert_non_null(strstr(run.message.text, "signal 9"));
            cod_bytes_clear(&run.bytes);
        }
    }
    assert_true(rounds > 2);
    check_all(folder);
    remove_folder(folder);
    munmap(s, sizeof *s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoints_process_killed),
        cmocka_unit_test(test_checkpoints_workers_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
