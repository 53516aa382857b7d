/* SPDX-License-Identifier: MIT */
/* The list of step rules, and those without a line search. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/options_table.h"
#include "core/spec.h"
#include "descent/run.h"

typedef struct constant_options {
    double step;
} constant_options;

static const cod_option constant_table[] = {
    COD_OPTION_REAL(constant_options, step, 0.01, COD_ABOVE_0, 1e300, NULL, "",
                    "x moves by step times the direction"),
};

typedef struct momentum_options {
    double step;
    double beta;
} momentum_options;

static const cod_option momentum_table[] = {
    COD_OPTION_REAL(momentum_options, step, 0.01, COD_ABOVE_0, 1e300, NULL, "",
                    "x moves by step times the velocity"),
    COD_OPTION_REAL(
        momentum_options, beta, 0.9, 0, COD_BELOW_1, NULL, "",
        "what is left of the velocity after a step; the direction is added"),
};

typedef struct adam_options {
    double step;
    double beta1;
    double beta2;
    double epsilon;
} adam_options;

static const cod_option adam_table[] = {
    COD_OPTION_REAL(adam_options, step, 0.001, COD_ABOVE_0, 1e300, NULL, "",
                    "the step size alpha"),
    COD_OPTION_REAL(adam_options, beta1, 0.9, 0, COD_BELOW_1, NULL, "",
                    "decay of the first moment"),
    COD_OPTION_REAL(adam_options, beta2, 0.999, 0, COD_BELOW_1, NULL, "",
                    "decay of the second moment"),
    COD_OPTION_REAL(adam_options, epsilon, 1e-8, COD_ABOVE_0, 1e300, NULL, "",
                    "added to the root of the second moment"),
};

static const cod_option armijo_table[] = {
    COD_OPTION_REAL(cod_armijo_options, slope, 1e-4, COD_ABOVE_0, 0.49, NULL, "",
                    "share of the decrease to first order that a step must reach"),
    COD_OPTION_REAL(cod_armijo_options, shrink, 0.5, COD_ABOVE_0, COD_BELOW_1, NULL, "",
                    "a step that fails is multiplied by this"),
    COD_OPTION_REAL(cod_armijo_options, first, 1, COD_ABOVE_0, 1e300, NULL, "",
                    "the first trial of a run; later ones come from the curvature met"),
    COD_OPTION_REAL(
        cod_armijo_options, give, 0.01, 0, COD_BELOW_1, NULL, "",
        "share of its decrease so far that an objective may give back where "
        "steps that lower all of them are a thousand times shorter than "
        "those that lower their weighted sum"),
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const cod_step_rule_def defs[] = {
    {"armijo", "backtracks until every objective decreases enough",
     "Armijo 1966, Pacific J. Math. 16:1-3; Fliege and Svaiter 2000, Math. Methods "
     "Oper. Res. 51:479-494; Hager and Zhang 2005, SIAM J. Optim. 16:170-192",
     sizeof(cod_armijo_options), armijo_table, COUNT(armijo_table)},
    {"constant", "a fixed step length", "", sizeof(constant_options), constant_table,
     COUNT(constant_table)},
    {"momentum", "the heavy ball: steps along a decaying sum of directions",
     "Polyak 1964, USSR Comput. Math. Math. Phys. 4(5):1-17", sizeof(momentum_options),
     momentum_table, COUNT(momentum_table)},
    {"adam", "adaptive moments of the combined direction",
     "Kingma and Ba 2015, ICLR, algorithm 1", sizeof(adam_options), adam_table,
     COUNT(adam_table)},
};

const cod_step_rule_def *cod_step_rule_list(size_t *ret_count)
{
    *ret_count = COUNT(defs);
    return defs;
}

/* ---- moving without a search ---- */

/* x - t direction, whatever f does there. A step of length zero is a step, too: the
 * velocity or the method's state may move on. */
static cod_status take(cod_run *run, double t)
{
    cod_run_place(run, t);
    return cod_run_evaluate(run);
}

static double unit_reach(cod_step_rule *rule, cod_run *run)
{
    (void)rule;
    (void)run;
    return 1;
}

static double constant_reach(cod_step_rule *rule, cod_run *run)
{
    (void)run;
    return ((const constant_options *)rule->options)->step;
}

static double constant_length(const cod_step_rule *rule)
{
    return ((const constant_options *)rule->options)->step;
}

static double momentum_length(const cod_step_rule *rule)
{
    return ((const momentum_options *)rule->options)->step;
}

static void momentum_turn(cod_step_rule *rule, size_t slot, double *direction)
{
    double beta = ((const momentum_options *)rule->options)->beta;
    double *velocity = rule->state + slot * rule->n;
    for (size_t j = 0; j < rule->n; j++) {
        velocity[j] = beta * velocity[j] + direction[j];
        direction[j] = velocity[j];
    }
}

static double adam_length(const cod_step_rule *rule)
{
    return ((const adam_options *)rule->options)->step;
}

static void adam_turn(cod_step_rule *rule, size_t slot, double *direction)
{
    const adam_options *options = rule->options;
    double *first = rule->state + 2 * slot * rule->n, *second = first + rule->n;
    double t = (double)++rule->counts[slot];
    double unbias1 = 1 - pow(options->beta1, t), unbias2 = 1 - pow(options->beta2, t);
    for (size_t j = 0; j < rule->n; j++) {
        double d = direction[j];
        first[j] = options->beta1 * first[j] + (1 - options->beta1) * d;
        second[j] = options->beta2 * second[j] + (1 - options->beta2) * d * d;
        direction[j] =
            (first[j] / unbias1) / (sqrt(second[j] / unbias2) + options->epsilon);
    }
}

int cod_step_rule_searches(const cod_step_rule *rule)
{
    return rule->functions->length == NULL;
}

double cod_step_rule_turn(cod_step_rule *rule, size_t slot, double *direction)
{
    if (rule->functions->turn != NULL)
        rule->functions->turn(rule, slot, direction);
    return rule->functions->length(rule);
}

/* The state moves on even where the evaluation fails: the run ends there. */
static cod_status turn_and_take(cod_step_rule *rule, cod_run *run)
{
    double length = cod_step_rule_turn(rule, run->plan.slot, run->direction);
    return take(run, length);
}

static const cod_rule_functions constant_functions = {constant_length, NULL,
                                                      constant_reach, turn_and_take, 0};
static const cod_rule_functions momentum_functions = {momentum_length, momentum_turn,
                                                      unit_reach, turn_and_take, 1};
static const cod_rule_functions adam_functions = {adam_length, adam_turn, unit_reach,
                                                  turn_and_take, 2};

/* In the order of defs. */
static const cod_rule_functions *const functions[] = {
    &cod_armijo_functions,
    &constant_functions,
    &momentum_functions,
    &adam_functions,
};

/* ---- life ---- */

static const char *def_name_at(const void *list, size_t k)
{
    return ((const cod_step_rule_def *)list)[k].name;
}

static cod_status find_def(const char *name, size_t *ret_index, cod_message *message)
{
    for (size_t k = 0; k < COUNT(defs); k++)
        if (strcmp(defs[k].name, name) == 0) {
            *ret_index = k;
            return COD_OK;
        }
    return cod_fail_name(message, "step rule", name, defs, COUNT(defs), def_name_at);
}

static cod_status make(const cod_spec *spec, size_t n, size_t slots,
                       cod_step_rule **ret_rule, cod_message *message)
{
    size_t index = 0;
    cod_status status = find_def(spec->name, &index, message);
    if (status != COD_OK)
        return status;
    const cod_step_rule_def *def = &defs[index];
    if (spec->inner_count > 0)
        return cod_fail(message, COD_ESYNTAX, "%s takes options only, not '%.64s'",
                        def->name, spec->inner[0]->name);
    cod_step_rule *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        return cod_fail(message, COD_EMEMORY, "no memory");
    size_t entries = slots * functions[index]->vectors;
    *rule = (cod_step_rule){
        .def = def, .functions = functions[index], .n = n, .slots = slots};
    rule->options = malloc(def->options_size);
    rule->counts = calloc(slots, sizeof *rule->counts);
    rule->state = calloc(entries > 0 ? entries : 1, n * sizeof(double));
    if (rule->options == NULL || rule->counts == NULL || rule->state == NULL)
        status = cod_fail(message, COD_EMEMORY, "%s: no memory for %zu variables",
                          def->name, n);
    else
        status = cod_options_read(spec, def->options, def->option_count, rule->options,
                                  message);
    if (status != COD_OK) {
        cod_step_rule_free(rule);
        return status;
    }
    *ret_rule = rule;
    return COD_OK;
}

cod_status cod_step_rule_alloc(const char *text, size_t n, size_t slots,
                               cod_step_rule **ret_rule, cod_message *ret_message)
{
    if (text == NULL || ret_rule == NULL)
        return cod_fail(ret_message, COD_EARGUMENT, "no text to make a step rule of");
    if (n == 0 || slots == 0 || slots > SIZE_MAX / (2 * sizeof(double)) / n)
        return cod_fail(ret_message, COD_EARGUMENT,
                        "a step rule for %zu variables and %zu slots is out of range",
                        n, slots);
    cod_spec *spec = NULL;
    cod_status status = cod_spec_parse(text, &spec, ret_message);
    if (status != COD_OK)
        return status;
    status = make(spec, n, slots, ret_rule, ret_message);
    cod_spec_free(spec);
    return status;
}

void cod_step_rule_free(cod_step_rule *rule)
{
    if (rule == NULL)
        return;
    free(rule->options);
    free(rule->state);
    free(rule->counts);
    free(rule);
}

size_t cod_step_rule_state_count(const cod_step_rule *rule)
{
    return rule->slots * rule->functions->vectors * rule->n;
}

void cod_step_rule_reset(cod_step_rule *rule)
{
    memset(rule->state, 0, cod_step_rule_state_count(rule) * sizeof(double));
    memset(rule->counts, 0, rule->slots * sizeof *rule->counts);
    rule->trial = 0;
    rule->relaxed = 0;
}
