/* SPDX-License-Identifier: MIT */
/* The learning task of images as a whole: what it refuses, what it is compared by, and
 * that training gives the same bytes from the same seed. */
#include "checkpoints.h"
#include "pictures.h"
#include "segmentation_task.h"

#include <sys/stat.h>

/* ---- loading ---- */

static void check_refused(const char *text, const char *folder, cod_status expected,
                          const char *words)
{
    size_t count;
    cod_task *task = NULL;
    cod_message message = {{0}};
    const cod_task_def *const *defs = cod_task_list(&count);
    cod_status status = cod_task_alloc(text, folder, defs, count, &task, &message);
    check_status(status, expected, text, __FILE__, __LINE__);
    assert_null(task);
    if (strstr(message.text, words) == NULL || strchr(message.text, '\n') != NULL)
        fail_msg("%s: '%s' does not say '%s'", text, message.text, words);
}

static void test_load_refuses_options(void **state)
{
    static const struct {
        const char *options;
        cod_status status;
        const char *words;
    } cases[] = {
        {"crop=30", COD_EOPTION, "crop=30 is no multiple of 4"},
        {"crop=4", COD_EOPTION, "crop=4"},
        {"crop=1028", COD_EOPTION, "crop=1028"},
        {"size=30", COD_EOPTION, "size=30 is no multiple of 4"},
        {"size=12", COD_EOPTION, "size=12"},
        {"size=4100", COD_EOPTION, "size=4100"},
        {"crop=36, size=32", COD_ESHAPE, "crop=36 is larger than the images (32 x 32)"},
        {"batch=0", COD_EOPTION, "batch=0"},
        {"train=1, batch=17", COD_EOPTION,
         "batch=17 is more than the 16 crops of an epoch on train=1 images"},
        {"train=0", COD_EOPTION, "train=0"},
        {"validation=0", COD_EOPTION, "validation=0"},
        {"test=0", COD_EOPTION, "test=0"},
        {"train=10001", COD_EOPTION, "train=10001"},
        {"width=0", COD_EOPTION, "width=0"},
        {"width=65", COD_EOPTION, "width=65"},
        {"alpha=1.1", COD_EOPTION, "alpha=1.1"},
        {"alpha=nan", COD_EOPTION, "alpha=nan"},
        {"gamma=-1", COD_EOPTION, "gamma=-1"},
        {"beta=0", COD_EOPTION, "beta=0"},
        {"dice=maybe", COD_EOPTION, "dice=maybe"},
        {"set=-1", COD_EOPTION, "set=-1"},
        {"croq=16", COD_ENAME, "croq"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[100];
        snprintf(text, sizeof text, "segmentation(%s)", cases[k].options);
        check_refused(text, NULL, cases[k].status, cases[k].words);
    }
    check_refused("segmentation(mgda)", NULL, COD_ESYNTAX, "mgda");
    check_refused("segmentatio", NULL, COD_ENAME, "did you mean 'segmentation'");
    check_refused("segmentation", "/nowhere/at/all", COD_EFILE,
                  "/nowhere/at/all: No such file");
}

/* 20 x 40: crops of 24 do not fit. */
static void test_load_refuses_crops_that_do_not_fit(void **state)
{
    uint64_t seed = 1;
    unsigned char pixels[20 * 40];
    png_kind kind = GREY(40, 20);
    char *folder = make_folder();
    static const char *const kinds[] = {"image", "label"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char *inside = join(folder, kinds[i]), name[16];
        assert_int_equal(mkdir(inside, 0777), 0);
        for (size_t k = 0; k < 3; k++) {
            for (size_t j = 0; j < sizeof pixels; j++)
                pixels[j] = (unsigned char)draw_bits(&seed);
            snprintf(name, sizeof name, "%zu.png", k);
            make_picture(inside, name, kind, pixels);
        }
        free(inside);
    }
    check_refused("segmentation(train=1, validation=1, test=1, crop=24, batch=1)",
                  folder, COD_ESHAPE, "crop=24 is larger than the images (20 x 40)");
    check_refused("segmentation(train=1, validation=1, test=2, crop=16, batch=1)",
                  folder, COD_EFILE, "image/3.png: missing; 4 images are needed");
    cod_task_free(segmentation_task_in(
        "segmentation(train=1, validation=1, test=1, crop=20, batch=16)", folder));
    remove_folder(folder);
}

/* What two runs may share is known by the data. */
static void test_load_fingerprints(void **state)
{
    static const char *const options[] = {"",        "set=1",    "set=2",
                                          "size=36", "train=4",  "alpha=0.5",
                                          "width=3", "turn=true"};
    uint64_t seen[8];
    (void)state;
    for (size_t k = 0; k < 8; k++) {
        char text[200];
        snprintf(text, sizeof text, "segmentation(%s%s%s%s, crop=16, batch=2)",
                 strncmp(options[k], "size", 4) == 0 ? "" : "size=32, ", options[k],
                 k > 0 ? ", " : "",
                 k == 4 ? "validation=1, test=2" : "train=3, validation=1, test=2");
        cod_task *task = segmentation_task(text);
        assert_string_equal(task->title, text);
        seen[k] = task->fingerprint;
        cod_task_free(task);
    }
    for (size_t a = 0; a < 5; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(seen[a] != seen[b]);
    for (size_t a = 5; a < 8; a++)
        assert_true(seen[a] == seen[0]);
}

/* ---- what it is compared by ---- */

/* Every method can be trained, has as many weights as there are losses, and none stands
 * there twice. */
static void check_methods(const char *text, size_t m, size_t linear)
{
    size_t own = 0;
    cod_task *task = segmentation_task(text);
    cod_learner *learner = segmentation_learner_of(task, 1);
    const char *const *methods = task->def->methods(task->options);
    assert_int_equal(task->m, m);
    for (size_t k = 0; methods[k] != NULL; k++) {
        cod_solver *solver;
        cod_message message = {{0}};
        cod_training_options options = {.method = methods[k], .steps = 400};
        if (cod_training_solver(task, &options, learner, &solver, &message) < 0)
            fail_msg("%s: %s", methods[k], message.text);
        cod_solver_free(solver);
        own += strncmp(methods[k], "linear", 6) == 0;
        for (size_t j = 0; j < k; j++)
            assert_string_not_equal(methods[k], methods[j]);
    }
    assert_int_equal(own, linear);
    cod_learner_free(learner);
    cod_task_free(task);
}

static void test_methods_compared_by_default(void **state)
{
    (void)state;
    check_methods("segmentation(" SEGMENTATION_FEW ", size=32, crop=16, batch=2)", 2,
                  7);
    check_methods("segmentation(" SEGMENTATION_FEW
                  ", size=32, crop=16, batch=2, dice=true)",
                  3, 7);
}

/* ---- training ---- */

static void compare_bytes(const cod_bytes *a, const cod_bytes *b, int same)
{
    assert_int_equal(a->size, b->size);
    assert_int_equal(memcmp(a->data, b->data, a->size) == 0, same);
}

/* Two epochs of six steps, twice; from the checkpoint between them; of another seed. */
static void check_training(const cod_task *task, const char *method)
{
    cod_training_options options = {
        .method = method, .step_rule = "adam(step=0.01)", .steps = 12, .seed = 5};
    cod_training_options later = options;
    later.seed = 6;
    kept_run one = {.task = task, .options = &options};
    kept_run again = one, other = {.task = task, .options = &later};
    kept_train(&one);
    kept_train(&again);
    kept_train(&other);
    assert_int_equal(one.count, 1);
    compare_bytes(&one.result, &again.result, 1);
    compare_bytes(&one.checkpoints[0], &again.checkpoints[0], 1);
    compare_bytes(&one.result, &other.result, 0);
    check_resumed(&one);
    kept_clear(&one);
    kept_clear(&again);
    kept_clear(&other);
}

static void test_train_same_seed_same_bytes(void **state)
{
    static const char *const methods[] = {"linear(weights=1:3)",
                                          "mgda(normalize=l2)",
                                          "alternation(unit=epoch)",
                                          "uncertainty",
                                          "adaptive(by=gradients, sense=inverse)",
                                          "famo",
                                          "graddrop",
                                          "sdmgrad"};
    cod_task *task = segmentation_task("segmentation(" SEGMENTATION_FEW
                                       ", size=32, crop=16, batch=8, turn=true)");
    (void)state;
    assert_int_equal(task->epoch_steps, 6);
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        check_training(task, methods[k]);
    cod_task_free(task);
}

/* Marks before the first step and after each epoch, the last of them of the network
 * that is tested; the focal loss goes down. */
static void test_train_record(void **state)
{
    cod_training *t;
    cod_message message = {{0}};
    cod_training_options options = {.method = "mgda(normalize=loss+)",
                                    .step_rule = "adam(step=0.01)",
                                    .steps = 45, /* the last epoch is short */
                                    .seed = 5};
    cod_task *task = segmentation_task("segmentation(" SEGMENTATION_FEW
                                       ", size=64, crop=32, batch=8, dice=true)");
    size_t width = cod_training_mark_width(task);
    (void)state;
    assert_status(cod_training_alloc(task, options.steps, &t), COD_OK);
    if (cod_train(task, &options, (cod_bytes_reader){0}, NULL, t, &message) < 0)
        fail_msg("%s", message.text);
    assert_int_equal(t->marks, 9);
    for (size_t k = 0; k < t->marks; k++) {
        assert_close(t->mark_numbers[k * width], k < 8 ? 6.0 * (double)k : 45, 0, 0);
        assert_close(t->mark_numbers[k * width + 1], k < 8 ? 18.0 * (double)k : 135, 0,
                     0);
    }
    const double *last = t->mark_numbers + 8 * width;
    assert_close(t->end[task->m + SCORE_THRESHOLD], last[2 + task->m + SCORE_THRESHOLD],
                 0, 0);
    double first = 0, end = 0; /* the means of two epochs */
    for (size_t k = 0; k < 6; k++) {
        first += t->losses[k * task->m] / 6;
        end += t->losses[(39 + k) * task->m] / 6;
    }
    assert_true(end < 0.7 * first);
    for (size_t i = 0; i < task->m; i++)
        assert_true(isfinite(t->end[i]));
    cod_training_free(t);
    cod_task_free(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_refuses_options),
        cmocka_unit_test(test_load_refuses_crops_that_do_not_fit),
        cmocka_unit_test(test_load_fingerprints),
        cmocka_unit_test(test_methods_compared_by_default),
        cmocka_unit_test(test_train_same_seed_same_bytes),
        cmocka_unit_test(test_train_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
