/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/describe_study.h"

#include <math.h>
#include <string.h>

#include "cli/program.h"
#include "lab/json.h"

/* ---- the table ---- */

static void print_number(double value, const char *format)
{
    if (isnan(value))
        printf(" %12s", "-");
    else
        printf(format, value);
}

/* Where there are fewer than were asked for. */
static void print_preferences(const cod_study *study)
{
    int used = 0;
    for (size_t k = 0; k < study->count; k++)
        used |= study->methods[k].runs[0].preference != NULL;
    if (used && study->preference_count < study->options.preferences)
        printf("preferences: %zu, the largest even lattice of at most %zu\n",
               study->preference_count, study->options.preferences);
}

/* Where they are not all armijo with one set of moments. */
static void print_rules(const cod_study *study)
{
    int plain = 1;
    for (size_t k = 0; k < study->count; k++)
        plain &= strncmp(study->methods[k].step_rule, "armijo", 6) == 0;
    for (size_t k = 0; !plain && k < study->count; k++) {
        const cod_study_method *m = &study->methods[k];
        printf("%s %s moves by %s", k == 0 ? "step rules:" : "           ", m->text,
               m->step_rule);
        if (m->slots > 1)
            printf(", %zu optimizers in turn", m->slots);
        puts("");
    }
}

void study_print(const cod_study *study)
{
    size_t width = 10;
    for (size_t k = 0; k < study->count; k++) {
        size_t length = strlen(study->methods[k].text);
        width = length > width ? length : width;
    }
    printf("%-*s %6s %12s %12s %11s %9s %9s %11s %9s\n", (int)width, "method", "front",
           "hypervolume", "igd+", "evaluations", "seconds", "conflicts", "stationary",
           "at_start");
    for (size_t k = 0; k < study->count; k++) {
        const cod_study_method *m = &study->methods[k];
        printf("%-*s %6zu", (int)width, m->text, m->front_count);
        print_number(m->hypervolume, " %12.8g");
        print_number(m->igd_plus, " %12.4e");
        printf(" %11lld %9.4f %9lld", (long long)m->evaluations, m->seconds,
               (long long)m->conflict_steps);
        char share[48];
        snprintf(share, sizeof share, "%zu of %zu", m->stationary, m->finished);
        printf(" %11s %9zu\n", share, m->stationary_at_start);
    }
    if (study->known_count > 0 && !isnan(study->known_hypervolume))
        printf("%-*s %6s %12.8g\n", (int)width, "true front", "",
               study->known_hypervolume);
    if (study->reference != NULL) {
        printf("hypervolume with reference point (");
        for (size_t i = 0; i < study->problem->m; i++)
            printf("%s%.10g", i > 0 ? ", " : "", study->reference[i]);
        puts(")");
    }
    puts("front: ends that no other of the method dominates; conflicts: steps whose "
         "direction\nwould raise an objective; at_start: stationary before any step");
    print_preferences(study);
    print_rules(study);
}

/* ---- JSON ---- */

static json_t *method_json(const cod_study_method *m, size_t objectives)
{
    json_t *front = cod_json_matrix(m->front_count > 0 ? m->front : NULL,
                                    m->front_count, objectives);
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:o, s:o, s:I, s:I, "
        "s:I, s:o, s:o, s:s, s:I}",
        "method", m->text, "runs", (json_int_t)m->count, "finished",
        (json_int_t)m->finished, "failed", (json_int_t)m->failed, "stationary",
        (json_int_t)m->stationary, "stationary_at_start",
        (json_int_t)m->stationary_at_start, "worst_stationarity",
        cod_json_real(m->worst_stationarity), "front_count", (json_int_t)m->front_count,
        "front_stationary", (json_int_t)m->front_stationary, "hypervolume",
        cod_json_real(m->hypervolume), "igd_plus", cod_json_real(m->igd_plus), "steps",
        (json_int_t)m->steps, "evaluations", (json_int_t)m->evaluations,
        "conflict_steps", (json_int_t)m->conflict_steps, "front", front, "seconds",
        cod_json_real(m->seconds), "step_rule", m->step_rule, "slots",
        (json_int_t)m->slots);
}

json_t *study_json(const cod_study *study, const char *folder)
{
    json_t *methods = json_array();
    for (size_t k = 0; k < study->count; k++)
        json_array_append_new(methods,
                              method_json(&study->methods[k], study->problem->m));
    return json_pack(
        "{s:o, s:I, s:o, s:o, s:o, s:o}", "problem",
        cod_json_text(study->options.title), "seed", (json_int_t)study->options.seed,
        "results", cod_json_text(folder), "reference",
        cod_json_reals(study->reference, study->problem->m), "true_front_hypervolume",
        cod_json_real(study->known_count > 0 ? study->known_hypervolume : NAN),
        "methods", methods);
}

json_t *study_manifest(const cod_study *study, const char *title)
{
    static const char *const kinds[] = {"quasi", "uniform", "published"};
    const cod_study_options *o = &study->options;
    json_t *methods = json_array(), *rules = json_array();
    for (size_t k = 0; k < study->count; k++) {
        json_array_append_new(methods, cod_json_text(study->methods[k].text));
        json_array_append_new(rules, cod_json_text(study->methods[k].step_rule));
    }
    return json_pack("{s:s, s:s, s:o, s:I, s:s, s:I, s:I, s:o, s:f, s:I, s:I, s:o}",
                     "command", "run", "problem", title, "methods", methods, "starts",
                     (json_int_t)study->starts, "start_kind", kinds[o->start_kind],
                     "preferences", (json_int_t)study->preference_count, "points",
                     (json_int_t)o->points, "step_rules", rules, "tolerance",
                     o->tolerance, "max_steps", (json_int_t)o->max_steps, "seed",
                     (json_int_t)o->seed, "reference",
                     cod_json_reals(study->reference, study->problem->m));
}
