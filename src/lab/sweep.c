/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/sweep.h"

#include "core/spec.h"
#include "lab/lab.h"

#include <stdlib.h>
#include <string.h>

/* A run that this process has to do. */
typedef struct pending {
    size_t run; /* its number in the sweep */
    int64_t id; /* in the store */
    double seconds;
    cod_bytes checkpoint;
} pending;

typedef struct state {
    const cod_sweep *sweep;
    const cod_sweep_options *options;
    pending *pending;
    size_t count;
    cod_sweep_progress progress;
} state;

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "out of memory");
}

static void show(void *data)
{
    const state *s = data;
    if (s->options->progress != NULL)
        s->options->progress(s->options->progress_data, &s->progress);
}

/* ---- what the store has ---- */

/* A failed run's bytes are its status. */
static cod_status accept_stored(state *s, size_t k, const cod_stored_run *run,
                                cod_message *message)
{
    cod_sweep_end end = {.message = run->message,
                         .result = {.data = run->bytes.data, .size = run->bytes.size},
                         .seconds = run->seconds};
    if (run->state == COD_RUN_FAILED) {
        end.status = (cod_status)cod_bytes_get_integer(&end.result);
        s->progress.failed++;
    }
    s->progress.done++;
    return s->sweep->accept(s->sweep->data, k, &end, message);
}

/* What the store has of a run, which it now has; one that failed waits again, where
 * that was asked for. */
static cod_status fetch(const cod_sweep_options *o, const char *identity, int retry,
                        cod_stored_run *ret_run, cod_message *message)
{
    int64_t id;
    cod_status status = cod_store_add(o->store, identity, &id, message);
    if (status == COD_OK && retry)
        status = cod_store_retry(o->store, id, message);
    return status == COD_OK ? cod_store_get(o->store, id, ret_run, message) : status;
}

/* Run k: accepted from the store, or to be done, or another machine's. */
static cod_status look_up(state *s, size_t k, cod_message *message)
{
    const cod_sweep_options *o = s->options;
    cod_stored_run run = {0};
    int own = o->parts < 2 || k % o->parts == o->part;
    char *identity = s->sweep->identity(s->sweep->data, k);
    if (identity == NULL)
        return no_memory(message);
    cod_status status = COD_OK;
    if (o->store != NULL)
        status = fetch(o, identity, own && o->retry, &run, message);
    free(identity);
    if (status < 0)
        return status;
    if (run.state != COD_RUN_WAITING) {
        status = accept_stored(s, k, &run, message);
        s->progress.stored++;
    } else if (own) {
        s->pending[s->count++] = (pending){k, run.id, run.seconds, run.bytes};
        run.bytes = (cod_bytes){0};
    }
    cod_bytes_clear(&run.bytes);
    return status;
}

static cod_status look_up_all(state *s, cod_message *message)
{
    cod_store *store = s->options->store;
    cod_status status = store != NULL ? cod_store_begin(store, message) : COD_OK;
    if (status < 0)
        return status;
    for (size_t k = 0; status == COD_OK && k < s->sweep->count; k++)
        status = look_up(s, k, message);
    if (store != NULL && status == COD_OK)
        status = cod_store_commit(store, message);
    if (store != NULL && status < 0)
        cod_store_rollback(store);
    s->progress.total = s->progress.done + s->count;
    return status;
}

/* ---- what is done ---- */

static void begin(void *data)
{
    const state *s = data;
    cod_store_leave(s->options->store);
}

static cod_status run_unit(void *data, size_t unit, cod_crew_link *link,
                           cod_bytes *ret_bytes, cod_message *message)
{
    const state *s = data;
    const pending *p = &s->pending[unit];
    cod_bytes_reader from = {.data = p->checkpoint.data, .size = p->checkpoint.size};
    return s->sweep->run(s->sweep->data, p->run, from, link, ret_bytes, message);
}

static cod_status keep_checkpoint(void *data, size_t unit, int64_t progress,
                                  const cod_bytes *bytes, double seconds,
                                  cod_message *message)
{
    const state *s = data;
    const pending *p = &s->pending[unit];
    cod_stored_run run = {.id = p->id,
                          .state = COD_RUN_WAITING,
                          .progress = progress,
                          .bytes = *bytes,
                          .seconds = p->seconds + seconds};
    return s->options->store == NULL ? COD_OK
                                     : cod_store_put(s->options->store, &run, message);
}

static cod_status unit_ended(void *data, size_t unit, const cod_crew_outcome *outcome,
                             cod_message *message)
{
    state *s = data;
    const pending *p = &s->pending[unit];
    int failed = outcome->status < 0;
    cod_bytes error = {0};
    if (failed)
        cod_bytes_put_integer(&error, outcome->status);
    cod_stored_run run = {.id = p->id,
                          .state = failed ? COD_RUN_FAILED : COD_RUN_FINISHED,
                          .bytes = failed ? error : outcome->bytes,
                          .message = outcome->message,
                          .seconds = p->seconds + outcome->seconds};
    cod_status status = error.failed ? no_memory(message) : COD_OK;
    if (status == COD_OK && s->options->store != NULL)
        status = cod_store_put(s->options->store, &run, message);
    if (status == COD_OK)
        status = accept_stored(s, p->run, &run, message);
    cod_bytes_clear(&error);
    show(s);
    return status;
}

cod_status cod_sweep_run(const cod_sweep *sweep, const cod_sweep_options *options,
                         cod_message *ret_message)
{
    state s = {.sweep = sweep, .options = options};
    s.pending = calloc(sweep->count > 0 ? sweep->count : 1, sizeof *s.pending);
    if (s.pending == NULL)
        return no_memory(ret_message);
    cod_status status = look_up_all(&s, ret_message);
    cod_crew_work work = {.count = s.count,
                          .jobs =
                              options->jobs > 0 ? options->jobs : cod_crew_processors(),
                          .data = &s,
                          .run = run_unit,
                          .checkpoint = keep_checkpoint,
                          .ended = unit_ended,
                          .begin = begin,
                          .idle = show,
                          .interrupt = options->interrupt};
    if (status == COD_OK)
        status = cod_crew_run(&work, ret_message);
    for (size_t k = 0; k < s.count; k++)
        cod_bytes_clear(&s.pending[k].checkpoint);
    free(s.pending);
    return status;
}
