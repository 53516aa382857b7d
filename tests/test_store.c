/* SPDX-License-Identifier: MIT */
/* The run store: what is put comes back, whole or not at all. */
#include "lab_files.h"

#include "lab/lab.h"
#include "lab/store.h"

#include <fcntl.h>
#include <math.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static cod_store *new_store(const char *folder, const char *first)
{
    cod_store *store = NULL;
    int64_t id = 0;
    assert_status(cod_store_open(folder, COD_STORE_NEW, &store, NULL), COD_OK);
    assert_status(cod_store_set_about(store, "command", "test", NULL), COD_OK);
    assert_status(cod_store_add(store, first, &id, NULL), COD_OK);
    assert_int_equal(id, 1);
    return store;
}

static cod_store *open_store(const char *folder, cod_store_mode mode)
{
    cod_store *store = NULL;
    assert_status(cod_store_open(folder, mode, &store, NULL), COD_OK);
    return store;
}

static void put(cod_store *store, int64_t id, cod_run_state state, const char *result)
{
    cod_stored_run run = {.id = id, .state = state, .progress = 5, .seconds = 0.5};
    cod_bytes_put_text(&run.bytes, result);
    assert_status(cod_store_put(store, &run, NULL), COD_OK);
    cod_bytes_clear(&run.bytes);
}

static void check_run(cod_store *store, int64_t id, cod_run_state state,
                      const char *result)
{
    cod_stored_run run = {0};
    char text[64];
    assert_status(cod_store_get(store, id, &run, NULL), COD_OK);
    assert_int_equal(run.state, state);
    cod_bytes_reader reader = {.data = run.bytes.data, .size = run.bytes.size};
    cod_bytes_get_text(&reader, text, sizeof text);
    assert_false(reader.bad);
    assert_string_equal(text, result);
    assert_int_equal(reader.at, reader.size);
    cod_bytes_clear(&run.bytes);
}

/* A new store has its name from the first commit on, and not before. */
static void test_store_is_whole_or_absent(void **state)
{
    char *folder = make_folder();
    cod_store *store = new_store(folder, "one");
    (void)state;
    assert_false(exists(folder, "study.db"));
    cod_store_close(store); /* given up */
    assert_false(exists(folder, "study.db"));
    assert_false(exists(folder, "study.db.new"));
    store = new_store(folder, "one");
    assert_status(cod_store_commit(store, NULL), COD_OK);
    assert_true(exists(folder, "study.db"));
    assert_false(exists(folder, "study.db.new"));
    put(store, 1, COD_RUN_FINISHED, "result");
    cod_store_close(store);
    assert_false(exists(folder, "study.db-wal"));
    cod_message message = {{0}};
    assert_status(cod_store_open(folder, COD_STORE_NEW, &store, &message), COD_EFILE);
    assert_non_null(strstr(message.text, "exists"));
    store = open_store(folder, COD_STORE_READ);
    check_run(store, 1, COD_RUN_FINISHED, "result");
    cod_store_close(store);
    remove_folder(folder);
}

static void test_store_runs(void **state)
{
    char *folder = make_folder(), *value = NULL;
    cod_store *store = new_store(folder, "one");
    cod_stored_run run = {0};
    int64_t id = 0, counts[3];
    (void)state;
    assert_status(cod_store_add(store, "two", &id, NULL), COD_OK);
    assert_int_equal(id, 2);
    assert_status(cod_store_add(store, "one", &id, NULL), COD_OK);
    assert_int_equal(id, 1);
    assert_status(cod_store_commit(store, NULL), COD_OK);
    assert_status(cod_store_get(store, 2, &run, NULL), COD_OK);
    assert_int_equal(run.state, COD_RUN_WAITING);
    assert_int_equal(run.bytes.size, 0);
    put(store, 2, COD_RUN_WAITING, "half-way");
    check_run(store, 2, COD_RUN_WAITING, "half-way");
    put(store, 2, COD_RUN_FINISHED, "there");
    check_run(store, 2, COD_RUN_FINISHED, "there");
    put(store, 1, COD_RUN_FAILED, "why");
    assert_status(cod_store_count(store, counts, NULL), COD_OK);
    assert_true(counts[0] == 0 && counts[1] == 1 && counts[2] == 1);
    cod_message message = {{0}};
    assert_status(cod_store_get(store, 3, &run, &message), COD_EFILE);
    assert_non_null(strstr(message.text, "no run 3"));
    assert_status(cod_store_about(store, "command", &value, NULL), COD_OK);
    assert_string_equal(value, "test");
    free(value);
    assert_status(cod_store_about(store, "nothing", &value, NULL), COD_OK);
    assert_null(value);
    cod_store_close(store);
    remove_folder(folder);
}

/* What was not committed is not there. */
static void test_store_rollback(void **state)
{
    char *folder = make_folder();
    cod_store *store = new_store(folder, "one");
    int64_t id, counts[3];
    (void)state;
    assert_status(cod_store_commit(store, NULL), COD_OK);
    assert_status(cod_store_begin(store, NULL), COD_OK);
    assert_status(cod_store_add(store, "two", &id, NULL), COD_OK);
    put(store, 1, COD_RUN_FINISHED, "x");
    cod_store_rollback(store);
    assert_status(cod_store_count(store, counts, NULL), COD_OK);
    assert_true(counts[0] == 1 && counts[1] == 0);
    cod_store_close(store);
    remove_folder(folder);
}

static cod_status see(void *data, const cod_measure *measure)
{
    double *sum = data;
    assert_string_equal(measure->problem, "p");
    assert_string_equal(measure->method, "m");
    if (isnan(measure->value))
        sum[1] += 1;
    else
        sum[0] += measure->value * (double)measure->seed;
    assert_int_equal(measure->better, COD_BETTER_LOWER);
    return COD_OK;
}

static void test_store_measures(void **state)
{
    char *folder = make_folder();
    cod_store *store = new_store(folder, "one");
    double sum[2] = {0, 0};
    (void)state;
    for (int64_t seed = 1; seed <= 3; seed++)
        for (int k = 0; k < 2; k++) { /* the second value stays */
            cod_measure measure = {
                "p", "m", seed, "v", seed == 3 ? NAN : k + 0.5, COD_BETTER_LOWER};
            assert_status(cod_store_measure(store, &measure, NULL), COD_OK);
        }
    assert_status(cod_store_measures(store, see, sum, NULL), COD_OK);
    assert_close(sum[0], 1.5 + 3, 0, 0);
    assert_close(sum[1], 1, 0, 0);
    assert_status(cod_store_clear_measures(store, NULL), COD_OK);
    sum[1] = 0;
    assert_status(cod_store_measures(store, see, sum, NULL), COD_OK);
    assert_close(sum[1], 0, 0, 0);
    cod_store_close(store);
    remove_folder(folder);
}

/* One writes; another who would is told so; readers may. */
static void test_store_one_writer(void **state)
{
    char *folder = make_folder();
    cod_store *store = new_store(folder, "one"), *other = NULL;
    cod_message message = {{0}};
    (void)state;
    assert_status(cod_store_commit(store, NULL), COD_OK);
    put(store, 1, COD_RUN_FINISHED, "x");
    assert_status(cod_store_open(folder, COD_STORE_WRITE, &other, &message), COD_EFILE);
    assert_non_null(strstr(message.text, "in use by another process"));
    other = open_store(folder, COD_STORE_READ);
    check_run(other, 1, COD_RUN_FINISHED, "x");
    cod_stored_run run = {.id = 1, .state = COD_RUN_FAILED};
    assert_true(cod_store_put(other, &run, NULL) < 0);
    cod_store_close(other);
    put(store, 1, COD_RUN_FINISHED, "y"); /* the reader took no lock with it */
    assert_status(cod_store_open(folder, COD_STORE_WRITE, &other, NULL), COD_EFILE);
    cod_store_close(store);
    other = open_store(folder, COD_STORE_WRITE);
    check_run(other, 1, COD_RUN_FINISHED, "y");
    cod_store_close(other);
    remove_folder(folder);
}

/* A reader who is about to leave when the writer does: one file is left all the same.
 */
static void test_store_closed_beside_a_reader(void **state)
{
    char *folder = make_folder();
    cod_store *store = new_store(folder, "one");
    int how, ends[2];
    char ready;
    (void)state;
    assert_status(cod_store_commit(store, NULL), COD_OK);
    cod_store_close(store);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        for (int k = 0; k < 5000 && !exists(folder, COD_STORE_NAME "-wal"); k++)
            usleep(1000);
        cod_store *reader = open_store(folder, COD_STORE_READ);
        cod_stored_run run = {0};
        assert_status(cod_store_get(reader, 1, &run, NULL), COD_OK);
        usleep(write(ends[1], "", 1) == 1 ? 300000 : 0);
        cod_store_close(reader);
        _exit(0);
    }
    store = open_store(folder, COD_STORE_WRITE);
    put(store, 1, COD_RUN_FINISHED, "x");
    assert_int_equal(read(ends[0], &ready, 1), 1);
    cod_store_close(store);
    assert_true(exists(folder, COD_STORE_NAME "-wal"));
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_false(exists(folder, COD_STORE_NAME "-wal"));
    close(ends[0]);
    close(ends[1]);
    remove_folder(folder);
}

/* What a process that was just killed leaves may have the lock for a moment. */
static void test_store_waits_for_its_lock(void **state)
{
    char *folder = make_folder(), *path = join(folder, COD_STORE_NAME), ready;
    cod_store *store = new_store(folder, "one");
    int how, ends[2];
    (void)state;
    assert_status(cod_store_commit(store, NULL), COD_OK);
    cod_store_close(store);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        int locked =
            flock(open(path, O_RDWR), LOCK_EX) == 0 && write(ends[1], "", 1) == 1;
        usleep(150000);
        _exit(locked ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &ready, 1), 1);
    store = open_store(folder, COD_STORE_WRITE);
    cod_store_close(store);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    close(ends[0]);
    close(ends[1]);
    free(path);
    remove_folder(folder);
}

/* A process that is killed in the middle of a transaction leaves what was committed. */
static void test_store_killed(void **state)
{
    char *folder = make_folder();
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        cod_store *store = new_store(folder, "one");
        int64_t id;
        if (cod_store_commit(store, NULL) == COD_OK) {
            put(store, 1, COD_RUN_FINISHED, "kept");
            if (cod_store_begin(store, NULL) == COD_OK &&
                cod_store_add(store, "two", &id, NULL) == COD_OK)
                put(store, 1, COD_RUN_FINISHED, "lost");
        }
        kill(getpid(), SIGKILL);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    int64_t counts[3];
    cod_store *store = open_store(folder, COD_STORE_WRITE);
    check_run(store, 1, COD_RUN_FINISHED, "kept");
    assert_status(cod_store_count(store, counts, NULL), COD_OK);
    assert_int_equal(counts[0] + counts[1] + counts[2], 1);
    cod_store_close(store);
    remove_folder(folder);
}

/* SQLite's wish to see its bytes on the disk comes here; 0 is success. */
static int syncs;
COD_API int fdatasync(int file);
int fdatasync(int file)
{
    (void)file;
    syncs++;
    return 0;
}

/* What took long is waited for, what took less is not. */
static void test_store_syncs_long_runs(void **state)
{
    char *folder = make_folder();
    cod_store *store = new_store(folder, "one");
    cod_stored_run run = {.id = 1, .state = COD_RUN_FINISHED};
    static const double seconds[] = {0.1, 0.9, 1, 5000, 0.2};
    (void)state;
    assert_status(cod_store_commit(store, NULL), COD_OK);
    run.seconds = 0.5;
    assert_status(cod_store_put(store, &run, NULL), COD_OK);
    for (size_t k = 0; k < sizeof seconds / sizeof *seconds; k++) {
        run.seconds = seconds[k];
        syncs = 0;
        assert_status(cod_store_put(store, &run, NULL), COD_OK);
        assert_int_equal(syncs > 0, seconds[k] >= 1);
    }
    cod_store_close(store);
    remove_folder(folder);
}

/* One that failed keeps its checkpoint, and has it again when it is tried once more. */
static void test_store_retry(void **state)
{
    char *folder = make_folder();
    cod_store *store = new_store(folder, "one");
    cod_stored_run run = {0};
    (void)state;
    put(store, 1, COD_RUN_WAITING, "half-way");
    run = (cod_stored_run){.id = 1, .state = COD_RUN_FAILED};
    snprintf(run.message.text, sizeof run.message.text, "too hot");
    cod_bytes_put_integer(&run.bytes, -1);
    assert_status(cod_store_put(store, &run, NULL), COD_OK);
    cod_bytes_clear(&run.bytes);
    assert_status(cod_store_get(store, 1, &run, NULL), COD_OK);
    assert_int_equal(run.state, COD_RUN_FAILED);
    assert_int_equal(run.bytes.size, 8);
    assert_int_equal(run.progress, 5);
    cod_bytes_clear(&run.bytes);
    assert_status(cod_store_retry(store, 1, NULL), COD_OK);
    check_run(store, 1, COD_RUN_WAITING, "half-way");
    assert_status(cod_store_get(store, 1, &run, NULL), COD_OK);
    assert_string_equal(run.message.text, "");
    assert_int_equal(run.progress, 5);
    cod_bytes_clear(&run.bytes);
    put(store, 1, COD_RUN_FINISHED, "there");
    assert_status(cod_store_retry(store, 1, NULL), COD_OK); /* it has not failed */
    check_run(store, 1, COD_RUN_FINISHED, "there");
    cod_store_close(store);
    remove_folder(folder);
}

/* Files may not grow: an error that names the file, and what was stored stays. */
static void test_store_disk_full(void **state)
{
    char *folder = make_folder(), big[20000];
    cod_store *store = new_store(folder, "one");
    cod_message message = {{0}};
    struct rlimit before, small = {100000, 100000};
    cod_status status = COD_OK;
    (void)state;
    assert_status(cod_store_commit(store, NULL), COD_OK);
    put(store, 1, COD_RUN_FINISHED, "x");
    memset(big, 'b', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int k = 0; status == COD_OK && k < 20; k++) {
        int64_t id;
        char name[32];
        snprintf(name, sizeof name, "run %d", k);
        cod_stored_run run = {.state = COD_RUN_FINISHED};
        status = cod_store_add(store, name, &id, &message);
        run.id = id;
        cod_bytes_put_text(&run.bytes, big);
        if (status == COD_OK)
            status = cod_store_put(store, &run, &message);
        cod_bytes_clear(&run.bytes);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_status(status, COD_EFILE);
    assert_non_null(strstr(message.text, "study.db: cannot be written"));
    cod_store_close(store);
    store = open_store(folder, COD_STORE_WRITE);
    check_run(store, 1, COD_RUN_FINISHED, "x");
    cod_store_close(store);
    remove_folder(folder);
}

static void test_store_merge(void **state)
{
    static const cod_run_state ours[] = {COD_RUN_WAITING, COD_RUN_FAILED,
                                         COD_RUN_FINISHED};
    char *folders[2] = {make_folder(), make_folder()};
    (void)state;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            cod_store *stores[2];
            for (int k = 0; k < 2; k++) {
                stores[k] = new_store(folders[k], k == 0 ? "one" : "two");
                assert_status(cod_store_commit(stores[k], NULL), COD_OK);
                int64_t id;
                assert_status(cod_store_add(stores[k], "both", &id, NULL), COD_OK);
                put(stores[k], id, ours[k == 0 ? a : b], "same");
                put(stores[k], 1, COD_RUN_FINISHED, k == 0 ? "first" : "second");
            }
            assert_status(cod_store_merge(stores[0], stores[1], NULL), COD_OK);
            check_run(stores[0], 1, COD_RUN_FINISHED, "first");
            check_run(stores[0], 2, ours[a > b ? a : b], "same");
            check_run(stores[0], 3, COD_RUN_FINISHED, "second");
            for (int k = 0; k < 2; k++)
                cod_store_close(stores[k]);
            for (int k = 0; k < 2; k++) {
                remove_folder(folders[k]);
                folders[k] = make_folder();
            }
        }
    remove_folder(folders[0]);
    remove_folder(folders[1]);
}

/* The same run with two results: somebody's machine is wrong, and nothing is merged. */
static void test_store_merge_contradiction(void **state)
{
    char *folders[2] = {make_folder(), make_folder()};
    cod_store *stores[2];
    cod_message message = {{0}};
    int64_t id, counts[3];
    (void)state;
    for (int k = 0; k < 2; k++) {
        stores[k] = new_store(folders[k], "both");
        assert_status(cod_store_commit(stores[k], NULL), COD_OK);
        put(stores[k], 1, COD_RUN_FINISHED, k == 0 ? "this" : "that");
    }
    assert_status(cod_store_add(stores[1], "more", &id, NULL), COD_OK);
    assert_status(cod_store_merge(stores[0], stores[1], &message), COD_EFILE);
    assert_non_null(strstr(message.text, "different results of the run both"));
    check_run(stores[0], 1, COD_RUN_FINISHED, "this");
    assert_status(cod_store_count(stores[0], counts, NULL), COD_OK);
    assert_int_equal(counts[0] + counts[1] + counts[2], 1);
    for (int k = 0; k < 2; k++) {
        cod_store_close(stores[k]);
        remove_folder(folders[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store_is_whole_or_absent),
        cmocka_unit_test(test_store_runs),
        cmocka_unit_test(test_store_rollback),
        cmocka_unit_test(test_store_measures),
        cmocka_unit_test(test_store_one_writer),
        cmocka_unit_test(test_store_closed_beside_a_reader),
        cmocka_unit_test(test_store_waits_for_its_lock),
        cmocka_unit_test(test_store_killed),
        cmocka_unit_test(test_store_syncs_long_runs),
        cmocka_unit_test(test_store_retry),
        cmocka_unit_test(test_store_disk_full),
        cmocka_unit_test(test_store_merge),
        cmocka_unit_test(test_store_merge_contradiction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
