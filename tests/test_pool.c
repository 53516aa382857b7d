/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/pool.h"

enum { MAX_PARTS = 300 };

/* What the tasks saw. */
typedef struct record {
    atomic_int runs[MAX_PARTS];
    atomic_int inside[8];
    atomic_int faults;
    unsigned threads;
    pthread_t caller;
    atomic_int elsewhere;
} record;

static void note(void *arg, size_t part, unsigned thread)
{
    record *seen = arg;
    if (thread >= seen->threads) {
        atomic_fetch_add(&seen->faults, 1);
        return;
    }
    if (atomic_fetch_add(&seen->inside[thread], 1) != 0)
        atomic_fetch_add(&seen->faults, 1);
    if (!pthread_equal(pthread_self(), seen->caller))
        atomic_fetch_add(&seen->elsewhere, 1);
    else if (thread != 0)
        atomic_fetch_add(&seen->faults, 1);
    atomic_fetch_add(&seen->runs[part], 1);
    atomic_fetch_sub(&seen->inside[thread], 1);
}

static void test_pool_run_takes_each_part_once(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 7; threads++) {
        cod_pool *pool = NULL;
        assert_status(cod_pool_alloc(threads, 2, &pool), COD_OK);
        assert_int_equal(cod_pool_threads(pool), threads);
        for (size_t round = 0; round < 400; round++) {
            size_t parts = round < 20 ? round : (round * 37) % MAX_PARTS;
            record seen = {.threads = threads, .caller = pthread_self()};
            cod_pool_run(pool, note, &seen, parts);
            for (size_t part = 0; part < MAX_PARTS; part++)
                assert_int_equal(atomic_load(&seen.runs[part]), part < parts);
            assert_int_equal(atomic_load(&seen.faults), 0);
        }
        cod_pool_free(pool);
    }
}

/* Waits until two parts are under way at once: a pool that runs everything on the
 * caller's thread would never come out, so that it gives up after a while. */
static void meet(void *arg, size_t part, unsigned thread)
{
    (void)part;
    (void)thread;
    atomic_int *present = arg;
    atomic_fetch_add(present, 1);
    struct timespec pause = {0, 1000000};
    for (int k = 0; k < 5000 && atomic_load(present) < 2; k++)
        nanosleep(&pause, NULL);
    if (atomic_load(present) < 2)
        atomic_fetch_sub(present, 100);
}

static void test_pool_run_works_at_once(void **state)
{
    (void)state;
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(2, 2, &pool), COD_OK);
    atomic_int present = 0;
    cod_pool_run(pool, meet, &present, 2);
    assert_int_equal(atomic_load(&present), 2);
    cod_pool_free(pool);
}

static void test_pool_run_if_few_wakes_nobody(void **state)
{
    (void)state;
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(3, 2, &pool), COD_OK);
    record seen = {.threads = 3, .caller = pthread_self()};
    for (int k = 0; k < 50; k++)
        cod_pool_run_if(pool, 1, note, &seen, MAX_PARTS);
    assert_int_equal(atomic_load(&seen.elsewhere), 0);
    assert_int_equal(atomic_load(&seen.runs[MAX_PARTS - 1]), 50);
    cod_pool_free(pool);
}

static void test_pool_alloc_checks_its_arguments(void **state)
{
    (void)state;
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(1, 0, &pool), COD_EARGUMENT);
    assert_status(cod_pool_alloc(1, 4097, &pool), COD_EARGUMENT);
    assert_status(cod_pool_alloc(1025, 1, &pool), COD_EARGUMENT);
    assert_status(cod_pool_alloc(1, 1, NULL), COD_EARGUMENT);
    assert_null(pool);
    assert_status(cod_pool_alloc(0, 4096, &pool), COD_OK);
    assert_int_equal(cod_pool_threads(pool), 1);
    cod_pool_free(pool);
    cod_pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_run_takes_each_part_once),
        cmocka_unit_test(test_pool_run_works_at_once),
        cmocka_unit_test(test_pool_run_if_few_wakes_nobody),
        cmocka_unit_test(test_pool_alloc_checks_its_arguments),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
