/* SPDX-License-Identifier: MIT */
/* Step rules from the inside, and for loops that are not cod_descend(). */
#ifndef COD_DESCENT_STEP_RULE_H
#define COD_DESCENT_STEP_RULE_H

#include <codescent/descent.h>

typedef struct cod_run cod_run;

typedef struct cod_rule_functions {
    /* Without a search, x moves by length(rule) times what turn() makes of the
     * direction, in place, by the moments of a slot; turn is NULL where that is the
     * direction itself. length is NULL where the rule searches. */
    double (*length)(const cod_step_rule *rule);
    void (*turn)(cod_step_rule *rule, size_t slot, double *direction);
    /* The step length that the direction will be used with, for the subproblem with
     * bounds; the direction of length-one steps is in run->direction. */
    double (*reach)(cod_step_rule *rule, cod_run *run);
    /* Finds run->next: COD_OK; COD_STOPPED_STALLED; COD_STOPPED_EVALUATIONS; errors. */
    cod_status (*advance)(cod_step_rule *rule, cod_run *run);
    size_t vectors; /* n doubles of state, for each slot */
} cod_rule_functions;

struct cod_step_rule {
    const cod_step_rule_def *def;
    const cod_rule_functions *functions;
    void *options;
    size_t n, slots;
    double *state;   /* slots x vectors x n */
    int64_t *counts; /* slots: steps so far */
    double trial;    /* armijo: the next first step; 0: not known */
    int relaxed;     /* armijo: the next step may give back */
};

/* As new. */
void cod_step_rule_reset(cod_step_rule *rule);

/* Whether the rule searches along the direction, which takes f at trial points. */
int cod_step_rule_searches(const cod_step_rule *rule);

/* For rules that do not search: turns the direction, n entries, into that in which x
 * moves, and returns the length: x -= length times direction. */
double cod_step_rule_turn(cod_step_rule *rule, size_t slot, double *direction);

/* The numbers of state in rule->state. */
size_t cod_step_rule_state_count(const cod_step_rule *rule);

#endif
