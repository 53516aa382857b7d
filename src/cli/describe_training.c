/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/describe_training.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lab/json.h"
#include "lab/solver_json.h"

/* ---- text ---- */

static size_t name_width(const cod_training_study *study)
{
    size_t width = 34; /* for the heads and the answers without learning */
    for (size_t i = 0; i < study->count; i++) {
        size_t length = strlen(study->methods[i].text);
        width = length > width ? length : width;
    }
    return width;
}

/* The width of column k: its name's, and room for a number. */
static int column_width(const cod_task *task, size_t k)
{
    size_t length = strlen(cod_training_number_name(task, k));
    return length > 8 ? (int)length : 8;
}

static void print_number(double value, int width)
{
    if (isfinite(value))
        printf(" %*.4g", width, value);
    else
        printf(" %*s", width, isinf(value) ? "inf" : "-");
}

static void print_names(const cod_task *task, size_t count)
{
    for (size_t k = 0; k < count; k++)
        printf(" %*s", column_width(task, k), cod_training_number_name(task, k));
}

/* Seconds of a run, failed ones too: the mean. NaN where none ended. */
static double seconds_of(const cod_training_study *study, size_t method)
{
    double sum = 0;
    size_t count = 0;
    for (size_t r = 0; r < study->options.seeds; r++) {
        const cod_training_run *run = &study->methods[method].runs[r];
        sum += run->finished ? run->seconds : 0;
        count += (size_t)run->finished;
    }
    return count > 0 ? sum / (double)count : NAN;
}

static void print_seconds(double seconds)
{
    if (isnan(seconds))
        printf(" %9s\n", "-");
    else
        printf(" %9.1f\n", seconds);
}

static void print_trivial(const cod_training_study *study, int width)
{
    size_t count = cod_training_number_count(study->task);
    for (size_t a = 0; a < study->trivial_count; a++) {
        printf("%-*s", width, study->trivial[a].name);
        for (size_t k = 0; k < count; k++)
            print_number(study->trivial[a].numbers[k], column_width(study->task, k));
        putchar('\n');
    }
}

static void print_test(const cod_training_study *study, int width)
{
    const cod_task *task = study->task;
    size_t count = cod_training_number_count(task);
    printf("%-*s", width, "on the test data, at the end");
    print_names(task, count);
    printf(" %9s %9s\n", "backward", "seconds");
    print_trivial(study, width);
    for (size_t i = 0; i < study->count; i++) {
        printf("%-*s", width, study->methods[i].text);
        for (size_t k = 0; k < count; k++)
            print_number(cod_training_end(study, i, k).median, column_width(task, k));
        print_number(cod_training_passes(study, i), 9);
        print_seconds(seconds_of(study, i));
    }
}

static void print_nonfinite(const cod_training_study *study)
{
    for (size_t i = 0; i < study->count; i++)
        for (size_t k = 0; k < cod_training_number_count(study->task); k++) {
            size_t count = cod_training_nonfinite(study, i, k);
            if (count > 0)
                printf("%s: %s is not finite for %zu of %zu seeds\n",
                       study->methods[i].text, cod_training_number_name(study->task, k),
                       count, study->methods[i].finished - study->methods[i].failed);
        }
}

/* The place of a method by the score to judge by, which is not NaN. */
static size_t rank_of(const cod_training_study *study, size_t method, double steps,
                      double passes)
{
    size_t k = study->task->m, rank = 1;
    double sign = study->task->def->scores[0].better == COD_BETTER_HIGHER ? 1 : -1;
    double own = cod_training_glance(study, method, k, steps, passes, NULL).median;
    for (size_t i = 0; i < study->count; i++)
        rank += sign * cod_training_glance(study, i, k, steps, passes, NULL).median >
                sign * own;
    return rank;
}

static void print_glances(const cod_training_study *study, int width, const char *what,
                          double steps, double passes)
{
    const cod_task *task = study->task;
    size_t count = task->m + 1;
    printf("\n%-*s", width, what);
    print_names(task, count);
    printf(" %5s %6s %9s\n", "rank", "step", "backward");
    for (size_t i = 0; i < study->count; i++) {
        double step = NAN, last = NAN; /* the score */
        printf("%-*s", width, study->methods[i].text);
        for (size_t k = 0; k < count; k++) {
            last = cod_training_glance(study, i, k, steps, passes, &step).median;
            print_number(last, column_width(task, k));
        }
        print_number(isnan(last) ? NAN : (double)rank_of(study, i, steps, passes), 5);
        print_number(step, 6);
        print_number(cod_training_glance_passes(study, i, steps, passes), 9);
        putchar('\n');
    }
}

static void print_seeds(const cod_training_study *study)
{
    size_t seeds = study->options.seeds;
    if (seeds > 1)
        printf(
            "\nmedians over %zu seeds; `codescent results` has quartiles and tests\n",
            seeds);
    else
        puts("\none seed: differences may be noise; --seeds and `codescent results` "
             "tell");
}

void training_print(const cod_training_study *study)
{
    char what[64];
    int width = (int)name_width(study);
    double fewest = cod_training_fewest_passes(study);
    print_test(study, width);
    print_nonfinite(study);
    if (isnan(fewest))
        return;
    snprintf(what, sizeof what, "held out, after %lld steps",
             (long long)study->options.steps);
    print_glances(study, width, what, (double)study->options.steps, -1);
    snprintf(what, sizeof what, "held out, at %.0f backward passes", fewest);
    print_glances(study, width, what, -1, fewest);
    print_seeds(study);
    printf(
        "backward: backward passes; rank: by %s, held out. At equal passes a curve is "
        "read at its\nlast evaluation within them, before its end, where the step "
        "length has not yet decayed\n",
        study->task->def->scores[0].name);
}

/* ---- JSON ---- */

static json_t *quartiles_json(cod_quartiles q)
{
    return json_pack("{s:o, s:o, s:o}", "median", cod_json_real(q.median), "lower",
                     cod_json_real(q.lower), "upper", cod_json_real(q.upper));
}

/* Number k of the test. */
static json_t *end_json(const cod_training_study *study, size_t method, size_t k)
{
    json_t *json = quartiles_json(cod_training_end(study, method, k));
    json_object_set_new(
        json, "nonfinite",
        json_integer((json_int_t)cod_training_nonfinite(study, method, k)));
    return json;
}

/* Losses and the score to judge by on the held-out data, as far as a budget went. */
static json_t *glance_json(const cod_training_study *study, size_t i, double steps,
                           double passes)
{
    json_t *all = json_object();
    double step = NAN;
    for (size_t k = 0; k <= study->task->m; k++)
        json_object_set_new(
            all, cod_training_number_name(study->task, k),
            quartiles_json(cod_training_glance(study, i, k, steps, passes, &step)));
    json_object_set_new(all, "step", cod_json_real(step));
    json_object_set_new(
        all, "backward_passes",
        cod_json_real(cod_training_glance_passes(study, i, steps, passes)));
    return all;
}

static json_t *method_json(const cod_training_study *study, size_t i)
{
    const cod_training_method *method = &study->methods[i];
    const cod_task *task = study->task;
    json_t *test = json_object();
    double steps = (double)study->options.steps;
    double fewest = cod_training_fewest_passes(study);
    for (size_t k = 0; k < cod_training_number_count(task); k++)
        json_object_set_new(test, cod_training_number_name(task, k),
                            end_json(study, i, k));
    return json_pack("{s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "method",
                     cod_json_text(method->text), "finished",
                     (json_int_t)method->finished, "failed", (json_int_t)method->failed,
                     "slots", (json_int_t)method->slots, "backward_passes",
                     cod_json_real(cod_training_passes(study, i)), "test", test,
                     "held_out_at_equal_steps", glance_json(study, i, steps, -1),
                     "held_out_at_equal_passes", glance_json(study, i, -1, fewest),
                     "seconds", cod_json_real(seconds_of(study, i)));
}

static json_t *trivial_json(const cod_training_study *study)
{
    json_t *all = json_array();
    for (size_t a = 0; a < study->trivial_count; a++) {
        json_t *answer = json_pack("{s:s}", "answer", study->trivial[a].name);
        for (size_t k = 0; k < cod_training_number_count(study->task); k++)
            json_object_set_new(answer, cod_training_number_name(study->task, k),
                                cod_json_real(study->trivial[a].numbers[k]));
        json_array_append_new(all, answer);
    }
    return all;
}

json_t *training_json(const cod_training_study *study, const char *folder)
{
    json_t *methods = json_array();
    for (size_t i = 0; i < study->count; i++)
        json_array_append_new(methods, method_json(study, i));
    return json_pack("{s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "task",
                     cod_json_text(study->task->title), "steps",
                     (json_int_t)study->options.steps, "seed",
                     (json_int_t)study->options.seed, "seeds",
                     (json_int_t)study->options.seeds, "results", cod_json_text(folder),
                     "trivial", trivial_json(study), "methods", methods);
}

json_t *training_manifest(const cod_training_study *study, const char *data)
{
    char fingerprint[17];
    const cod_task *task = study->task;
    json_t *methods = json_array();
    for (size_t i = 0; i < study->count; i++)
        json_array_append_new(methods, cod_json_text(study->methods[i].text));
    cod_task_fingerprint(task, fingerprint);
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:I, s:I, s:I}", "command", "run", "task",
        cod_json_text(task->title), "task_options",
        cod_options_json(task->def->options, task->def->option_count, task->options),
        "data", data != NULL ? cod_json_text(data) : json_null(), "data_fingerprint",
        fingerprint, "methods", methods, "step_rule",
        cod_json_text(study->options.step_rule), "steps",
        (json_int_t)study->options.steps, "seed", (json_int_t)study->options.seed,
        "seeds", (json_int_t)study->options.seeds);
}
