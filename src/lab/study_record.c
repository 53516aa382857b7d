/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run's identity, and its result as bytes. */
#include "core/spec.h"
#include "lab/json.h"
#include "lab/lab.h"
#include "lab/methods.h"
#include "lab/solver_json.h"
#include "lab/study_private.h"

#include <string.h>

/* ---- identity ---- */

static json_t *describe(const cod_study *study, const cod_study_method *method,
                        const cod_study_run *run, const cod_solver *solver)
{
    static const char *const kinds[] = {"quasi", "uniform", "published"};
    const cod_study_options *o = &study->options;
    size_t m = study->problem->m, limit = run->path != NULL ? run->path->limit : 0;
    const double *reference =
        cod_solver_takes(solver, "reference") ? study->reference : NULL;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:s, s:I, s:o, s:o, s:o, s:f, s:I, s:I}", "problem",
        cod_json_text(o->title), "method", cod_json_text(method->text), "options",
        cod_solver_json(solver), "step_rule", cod_json_text(method->step_rule), "seed",
        (json_int_t)o->seed, "start_kind", kinds[o->start_kind], "starts",
        (json_int_t)(method->set ? o->points : study->starts), "start",
        method->set ? json_null() : json_integer((json_int_t)run->start + 1),
        "preference", cod_json_reals(run->preference, m), "reference",
        cod_json_reals(reference, m), "tolerance", o->tolerance, "max_steps",
        (json_int_t)o->max_steps, "path", (json_int_t)limit);
}

char *cod_study_identity(const cod_study *study, const cod_study_method *method,
                         const cod_study_run *run)
{
    cod_solver *solver = NULL;
    cod_step_rule *rule = NULL;
    size_t slots;
    char *text = NULL;
    if (cod_study_solver(study, method, run, &solver, &rule, &slots, NULL) == COD_OK) {
        json_t *json = describe(study, method, run, solver);
        text = cod_json_line(json);
        json_decref(json);
    }
    cod_step_rule_free(rule);
    cod_solver_free(solver);
    return text;
}

/* ---- bytes ---- */

static void encode(const cod_study *study, const cod_study_run *run, cod_bytes *bytes)
{
    const cod_descent_result *result = &run->result;
    const cod_path *path = run->path;
    cod_bytes_put_integer(bytes, result->status);
    cod_bytes_put_integer(bytes, result->steps);
    cod_bytes_put_integer(bytes, result->evaluations);
    cod_bytes_put_integer(bytes, result->conflict_steps);
    cod_bytes_put_integer(bytes, result->stationary_at_start);
    cod_bytes_put_reals(bytes, &result->stationarity, 1);
    cod_bytes_put_reals(bytes, run->x, study->problem->n);
    cod_bytes_put_reals(bytes, run->f, study->problem->m);
    cod_bytes_put_integer(bytes, path != NULL ? (int64_t)path->count : 0);
    if (path != NULL)
        cod_bytes_put_reals(bytes, path->points, path->count * path->width);
}

void cod_study_encode(const cod_study *study, const cod_study_method *method,
                      const cod_study_run *run, cod_bytes *ret_bytes)
{
    size_t count = method->set ? method->count : 1;
    for (size_t k = 0; k < count; k++)
        encode(study, &run[k], ret_bytes);
    cod_bytes_seal(ret_bytes);
}

static void decode(const cod_study *study, cod_study_run *run, cod_bytes_reader *reader)
{
    cod_descent_result *result = &run->result;
    result->status = (cod_status)cod_bytes_get_integer(reader);
    result->steps = cod_bytes_get_integer(reader);
    result->evaluations = cod_bytes_get_integer(reader);
    result->conflict_steps = cod_bytes_get_integer(reader);
    result->stationary_at_start = cod_bytes_get_integer(reader) != 0;
    cod_bytes_get_reals(reader, &result->stationarity, 1);
    cod_bytes_get_reals(reader, run->x, study->problem->n);
    cod_bytes_get_reals(reader, run->f, study->problem->m);
    size_t count = (size_t)cod_bytes_get_integer(reader);
    if (count > (run->path != NULL ? run->path->limit + 1 : 0)) {
        reader->bad = 1;
        return;
    }
    if (count > 0) {
        run->path->count = count;
        cod_bytes_get_reals(reader, run->path->points, count * run->path->width);
    }
}

cod_status cod_study_decode(const cod_study *study, const cod_study_method *method,
                            cod_study_run *run, cod_bytes_reader *reader,
                            cod_message *message)
{
    size_t count = method->set ? method->count : 1;
    cod_bytes_unseal(reader);
    for (size_t k = 0; k < count; k++)
        decode(study, &run[k], reader);
    if (reader->bad || reader->at != reader->size)
        return cod_fail(message, COD_EFILE,
                        "the stored result of %.100s, start %zu, is damaged",
                        method->text, run->start + 1);
    return COD_OK;
}
