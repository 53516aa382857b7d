/* SPDX-License-Identifier: MIT */
/** @file status.h
 *  One list of every status that a function of codescent returns.
 *
 *  A positive status says that something finished and why, zero that all went well,
 *  a negative one that nothing was done. Numbers are never reused. Details (which
 *  objective, which option, which call) stand in a message: cod_solver_message(), or
 *  the cod_message that the function was given. */
#ifndef CODESCENT_STATUS_H
#define CODESCENT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define COD_API        __attribute__((visibility("default")))
#define COD_MUST_CHECK __attribute__((warn_unused_result))
#define COD_PRINTF(format_index, first_index)                                          \
    __attribute__((format(printf, format_index, first_index)))
#else
#define COD_API
#define COD_MUST_CHECK
#define COD_PRINTF(format_index, first_index)
#endif

/* X(id, number, key, text) */
#define COD_STATUS_LIST(X)                                                             \
    X(COD_STOPPED_STATIONARY, 1, "stationary", "stationarity reached its tolerance")   \
    X(COD_STOPPED_MAXITER, 2, "max-iterations", "the limit on iterations was reached") \
    X(COD_STOPPED_EVALUATIONS, 3, "max-evaluations",                                   \
      "the limit on evaluations was reached")                                          \
    X(COD_STOPPED_MONITOR, 4, "monitor", "a monitor asked to stop")                    \
    X(COD_STOPPED_STALLED, 5, "stalled", "no step along the direction improves")       \
    X(COD_OK, 0, "ok", "success")                                                      \
    X(COD_EARGUMENT, -1, "argument", "an argument is NULL, zero or out of range")      \
    X(COD_EMEMORY, -2, "memory", "memory could not be allocated")                      \
    X(COD_EORDER, -3, "order", "a call came out of order")                             \
    X(COD_ESHAPE, -4, "shape", "a length, offset or count does not match the set-up")  \
    X(COD_ENONFINITE, -5, "non-finite", "an input holds a NaN or an infinity")         \
    X(COD_EOVERFLOW, -6, "overflow", "a product of finite inputs overflows")           \
    X(COD_ESYMMETRY, -7, "symmetry", "a Gramian is not symmetric")                     \
    X(COD_EINDEFINITE, -8, "indefinite",                                               \
      "a Gramian has an eigenvalue below -1e-6 times its trace")                       \
    X(COD_EDOMAIN, -9, "domain", "a value is outside the domain of the method")        \
    X(COD_ENAME, -10, "name", "unknown name of a method, option, field or problem")    \
    X(COD_EOPTION, -11, "option", "an option's value is malformed or out of range")    \
    X(COD_ESYNTAX, -12, "syntax", "a text such as name(option=value) is malformed")    \
    X(COD_EMISSING, -13, "missing", "an input that the method needs was not given")    \
    X(COD_ESTATE, -14, "state", "saved bytes are of another solver, or damaged")       \
    X(COD_EUNSUPPORTED, -15, "unsupported", "the method cannot do what was asked")     \
    X(COD_ENUMERIC, -16, "numeric", "the numbers defeat the algorithm")                \
    X(COD_ECALLBACK, -17, "callback", "a function given by the caller failed")

typedef enum cod_status {
#define COD_STATUS_ENUM(id, number, key, text) id = (number),
    COD_STATUS_LIST(COD_STATUS_ENUM)
#undef COD_STATUS_ENUM
} cod_status;

/** Room for one line about an error; always ends in a zero byte. */
typedef struct cod_message {
    char text[256];
} cod_message;

/** The status's short name, such as "non-finite"; "unknown" for any other number. */
COD_API const char *cod_status_key(cod_status status);

/** The status's meaning in a few words; "unknown status" for any other number. */
COD_API const char *cod_status_text(cod_status status);

/** The release, such as "0.1.0", of the library that is running. */
COD_API const char *cod_version(void);

#ifdef __cplusplus
}
#endif
#endif
