/* SPDX-License-Identifier: MIT */
/* The methods once more, typed from their formulas in plain scalar C: nothing here
 * calls the library. */
#ifndef COD_TESTS_TRANSCRIPTION_H
#define COD_TESTS_TRANSCRIPTION_H

#include <stddef.h>
#include <stdint.h>

enum { TRANSCRIPTION_SHARDS = 3, TRANSCRIPTION_MOST = 5 };

/* What a method is shown in one step. */
typedef struct situation {
    size_t m;
    int64_t step, epoch; /* from 0 */
    const double *losses;
    const double *gramian; /* m x m */
    const double *squares; /* TRANSCRIPTION_SHARDS x m: |g_i|^2 shard by shard */
    const double *after;   /* the losses after the update */
    const size_t *orders;  /* m x m: the order in which gradient i meets the others */
} situation;

enum { UNIT_STEP, UNIT_EPOCH };
enum { RAMP_LINEAR, RAMP_COSINE, RAMP_EXPONENTIAL };
enum {
    NORMALIZE_NONE,
    NORMALIZE_L2,
    NORMALIZE_LOSS,
    NORMALIZE_LOSS_PLUS,
    NORMALIZE_LOG
};
enum {
    FORM_PLAIN,
    FORM_HALF,
    FORM_CLASSIFICATION,
    FORM_HALF_ALL,
    FORM_POSITIVE,
    FORM_OPTIMUM
};
enum { SENSE_DIRECT, SENSE_INVERSE };

/* The options of one method, and its state, which begins as zeros. */
typedef struct transcription {
    void (*weights)(struct transcription *t, const situation *s, double *w);
    /* linear: the weights; annealing: the order; alternation: the pattern; from 0 */
    double list[6];
    size_t count;
    int unit, ramp, normalize, form, sgd, sense;
    int64_t period;
    double steps[4]; /* annealing: of each phased-in objective, in that order */
    double lr, init, momentum, low, high;
    size_t shard; /* adaptive: 0: all, else one, counted from 1 */
    double a[TRANSCRIPTION_MOST], b[TRANSCRIPTION_MOST], c[TRANSCRIPTION_MOST];
    int begun;
    double temperature, alpha, beta, decay, lower[TRANSCRIPTION_MOST];
    long double target[TRANSCRIPTION_MOST * TRANSCRIPTION_MOST]; /* gradvac */
    double total[4][TRANSCRIPTION_MOST]; /* dwa: of this epoch and the two before */
    int64_t number[4];                   /* dwa: of steps in each */
    /* mgda: what one rounding of each entry of the normalised Gramian does to a weight
     */
    double rounding[TRANSCRIPTION_MOST];
} transcription;

void transcribe_linear(transcription *t, const situation *s, double *w);
void transcribe_mgda(transcription *t, const situation *s, double *w);
void transcribe_uncertainty(transcription *t, const situation *s, double *w);
void transcribe_annealing(transcription *t, const situation *s, double *w);
void transcribe_alternation(transcription *t, const situation *s, double *w);
void transcribe_by_losses(transcription *t, const situation *s, double *w);
void transcribe_by_gradients(transcription *t, const situation *s, double *w);
void transcribe_dwa(transcription *t, const situation *s, double *w);
void transcribe_famo(transcription *t, const situation *s, double *w);
void transcribe_gradnorm(transcription *t, const situation *s, double *w);
void transcribe_gradvac(transcription *t, const situation *s, double *w);

/* ---- transcription_cone.c ---- */

void transcribe_upgrad(transcription *t, const situation *s, double *w);
void transcribe_dualproj(transcription *t, const situation *s, double *w);

#endif
