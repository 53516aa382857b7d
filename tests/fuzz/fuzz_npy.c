/* SPDX-License-Identifier: MIT */
/* Any bytes as a .npy file: what is read is what stands at the end of the file, and
 * comes back from both formats. Bytes that don't begin as such a file make one: shape,
 * type and elements, some of it wrong, so that it is known what has to come of it. */
#include "fuzz_matrix.h"

#include "lab/npy.h"

static const cod_status errors[] = {COD_ESYNTAX, COD_EUNSUPPORTED, COD_ESHAPE,
                                    COD_ENONFINITE};

static cod_status parse(const void *bytes, size_t size, cod_array *ret_array,
                        cod_message *message)
{
    *ret_array = (cod_array){0};
    message->text[0] = '\0';
    cod_status status = cod_npy_parse("data", bytes, size, ret_array, message);
    require_message(status, message);
    require(status == COD_OK ||
                is_one_of(status, errors, sizeof errors / sizeof *errors),
            "%s", cod_status_key(status));
    require((status == COD_OK) == (ret_array->data != NULL), "data at %p",
            ret_array->data);
    return status;
}

/* The elements are the last bytes of the file, all finite. */
static void require_array(const cod_array *array, const uint8_t *bytes, size_t size)
{
    size_t width = cod_type_size(array->type), count = 1;
    require(array->dimensions >= 1 && array->dimensions <= 3, "%zu", array->dimensions);
    for (size_t k = 0; k < 3; k++) {
        require(k < array->dimensions || array->shape[k] == 1, "shape %zu", k);
        count *= array->shape[k];
    }
    require(count == array->count && count > 0 && count <= size / width, "%zu", count);
    require(memcmp(array->data, bytes + size - count * width, count * width) == 0,
            "other numbers");
    for (size_t k = 0; k < count; k++)
        require(isfinite(cod_array_at(array, k)), "element %zu", k);
}

static void try_matrix(const uint8_t *bytes, size_t size)
{
    cod_matrix matrix;
    cod_message message;
    if (parse_matrix(bytes, size, &matrix, &message) == COD_OK) {
        require_matrix(&matrix);
        require_comes_back_as_text(&matrix);
        require_comes_back_as_npy(&matrix);
    }
    cod_matrix_clear(&matrix);
}

static void try_bytes(const uint8_t *bytes, size_t size)
{
    cod_array array;
    cod_message message;
    if (parse(bytes, size, &array, &message) == COD_OK)
        require_array(&array, bytes, size);
    free(array.data);
    try_matrix(bytes, size);
}

/* ---- files that are known ---- */

typedef struct plan {
    size_t dimensions, shape[5], count;
    int wide, known_type, finite;
    size_t missing; /* elements */
} plan;

static const char *const dtypes[] = {"<f8", "<f4", "=f8", "f4", ">f8", "<i8", "<f2"};

static int all_finite(const void *data, size_t count, int wide)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite(wide ? ((const double *)data)[k]
                           : (double)((const float *)data)[k]))
            return 0;
    return 1;
}

static int is_good(const plan *p)
{
    return p->known_type && p->dimensions >= 1 && p->dimensions <= 3 && p->count > 0 &&
           p->missing == 0 && p->finite;
}

/* "(2, 3)", with the shape's product in p->count. */
static void draw_shape(fuzz_input *in, plan *p, char *ret_text)
{
    size_t length = (size_t)sprintf(ret_text, "(");
    p->dimensions = fuzz_most(in, 4);
    p->count = 1;
    for (size_t k = 0; k < p->dimensions; k++) {
        p->shape[k] = fuzz_most(in, 5);
        p->count *= p->shape[k];
        length += (size_t)sprintf(ret_text + length, "%zu,", p->shape[k]);
    }
    sprintf(ret_text + length, ")");
}

static void try_plan(fuzz_input *in)
{
    plan p = {0};
    char shape[64];
    size_t size;
    cod_array array;
    cod_message message;
    unsigned type = fuzz_most(in, sizeof dtypes / sizeof *dtypes - 1);
    p.wide = type != 1 && type != 3 && type != 6;
    p.known_type = type < 4;
    draw_shape(in, &p, shape);
    size_t width = p.wide ? sizeof(double) : sizeof(float);
    double data[5 * 5 * 5 * 5] = {0};
    for (size_t k = 0; k < p.count * width; k++)
        ((unsigned char *)data)[k] = (unsigned char)fuzz_byte(in);
    p.missing = fuzz_most(in, 7) == 0 && p.count > 0;
    p.finite = all_finite(data, p.count, p.wide);
    char *bytes =
        write_npy(dtypes[type], shape, data, (p.count - p.missing) * width, &size);
    cod_status status = parse(bytes, size, &array, &message);
    require((status == COD_OK) == is_good(&p), "%s, %s: %s", dtypes[type], shape,
            message.text);
    require(status != COD_ENONFINITE || !p.finite, "%s", message.text);
    for (size_t k = 0; status == COD_OK && k < p.dimensions; k++)
        require(array.shape[k] == p.shape[k], "%s, %zu", shape, array.shape[k]);
    free(array.data);
    try_bytes((const uint8_t *)bytes, size);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = fuzz_begin(data, size);
    if (size >= 6 && memcmp(data, "\x93NUMPY", 6) == 0)
        try_bytes(data, size);
    else
        try_plan(&in);
    return 0;
}
