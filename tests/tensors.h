/* SPDX-License-Identifier: MIT */
/* Arrays that exist twice, for a layer in float32 and for its transcription in double,
 * and comparisons of the two. */
#ifndef COD_TESTS_TENSORS_H
#define COD_TESTS_TENSORS_H

#include "check.h"
#include "layers.h"

#include "experiments/network/backend.h"

typedef struct tensor {
    size_t size;
    float *f;
    double *d; /* as long */
    cod_view *view;
} tensor;

/* Random normal numbers that float32 holds; stream 0: NaN, to be written. */
static inline tensor tensor_of(size_t size, uint64_t stream)
{
    tensor t = {.size = size};
    t.f = aligned_alloc(64, (size * sizeof(float) + 63) / 64 * 64);
    t.d = calloc(size, sizeof *t.d);
    assert_true(t.f != NULL && t.d != NULL);
    for (size_t k = 0; k < size; k++) {
        t.f[k] = stream == 0
                     ? NAN
                     : (float)cod_random_normal((cod_random){.stream = stream}, k);
        t.d[k] = t.f[k];
    }
    return t;
}

/* What the views belong to: for a group's set-up and tear-down. */
static cod_backend *backend;

static inline int tensor_set_up(void **state)
{
    (void)state;
    return cod_backend_alloc(&backend, NULL) == COD_OK ? 0 : -1;
}

static inline int tensor_tear_down(void **state)
{
    (void)state;
    cod_backend_free(backend);
    return 0;
}

static inline void tensor_run(cod_operation *operation)
{
    assert_status(cod_operation_run(operation), COD_OK);
}

static inline tensor tensor_images(cod_shape s, uint64_t stream)
{
    tensor t = tensor_of(cod_shape_size(s), stream);
    assert_status(cod_view_images(backend, s, t.f, &t.view, NULL), COD_OK);
    return t;
}

static inline tensor tensor_weights(size_t out, size_t in, size_t kernel,
                                    uint64_t stream)
{
    tensor t = tensor_of(out * in * kernel * kernel, stream);
    assert_status(cod_view_weights(backend, out, in, kernel, t.f, &t.view, NULL),
                  COD_OK);
    return t;
}

static inline tensor tensor_vector(size_t size, uint64_t stream)
{
    tensor t = tensor_of(size, stream);
    assert_status(cod_view_vector(backend, size, t.f, &t.view, NULL), COD_OK);
    return t;
}

static inline void tensor_free(tensor t)
{
    cod_view_free(t.view);
    free(t.f);
    free(t.d);
}

static inline double tensor_largest(const double *values, size_t size)
{
    double largest = 0;
    for (size_t k = 0; k < size; k++)
        largest = fmax(largest, fabs(values[k]));
    return largest;
}

static inline double tensor_product(tensor a, tensor b)
{
    double sum = 0;
    for (size_t k = 0; k < a.size; k++)
        sum += a.d[k] * b.d[k];
    return sum;
}

/* Float32 against double: nowhere further off than `tolerance` of the largest. */
#define assert_tensor(t, tolerance)                                                    \
    tensor_check((t).f, (t).d, (t).size, (tolerance), #t, __FILE__, __LINE__)

static inline void tensor_check(const float *got, const double *wanted, size_t size,
                                double tolerance, const char *what, const char *file,
                                int line)
{
    double largest = tensor_largest(wanted, size);
    for (size_t k = 0; k < size; k++) {
        if (fabs(got[k] - wanted[k]) <= tolerance * largest)
            continue;
        print_error("%s, value %zu: %.9g, expected %.9g; largest %.3g\n", what, k,
                    got[k], wanted[k], largest);
        _fail(file, line);
    }
}

/* A gradient against central differences of what it is the gradient of, all in double.
 * Of more values than `most`, evenly chosen ones are tried. */
typedef double (*tensor_loss)(void *with);

static inline void tensor_differences(const char *what, tensor_loss loss, void *with,
                                      double *x, const double *gradient, size_t size,
                                      size_t most)
{
    const double h = 1e-5;
    double largest = tensor_largest(gradient, size);
    size_t stride = size > most ? size / most : 1;
    assert_true(largest > 0);
    for (size_t k = 0; k < size; k += stride) {
        double kept = x[k];
        x[k] = kept + h;
        double above = loss(with);
        x[k] = kept - h;
        double below = loss(with);
        x[k] = kept;
        double slope = (above - below) / (2 * h);
        if (fabs(slope - gradient[k]) > 1e-6 * largest)
            fail_msg("%s, value %zu: gradient %.10g, difference %.10g", what, k,
                     gradient[k], slope);
    }
}

#endif
