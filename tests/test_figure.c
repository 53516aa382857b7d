/* SPDX-License-Identifier: MIT */
/* Data files, scripts, and the figures that gnuplot makes of them. */
#include "lab_files.h"

#include <sys/stat.h>

#include "lab/data.h"
#include "lab/figure.h"
#include "lab/lab.h"

static void write_data(const char *folder, const char *name, const char *title,
                       const char *columns, size_t m, const char *const *methods,
                       size_t count, size_t runs)
{
    cod_data *data;
    cod_data_head head = {.title = title, .columns = columns, .m = m};
    assert_status(cod_data_open(folder, name, &head, &data, NULL), COD_OK);
    for (size_t k = 0; k < count; k++) {
        cod_data_set(data, methods[k], cod_method_place(methods[k]));
        for (size_t r = 0; r < runs; r++) {
            for (int step = 0; step < 20; step++) {
                double row[8];
                for (size_t c = 0; c < 8; c++)
                    row[c] = exp(-0.1 * step * (double)(c + 1)) + (double)(r + k);
                row[0] = strncmp(columns, "step", 4) == 0 ? step : row[0];
                cod_data_row(data, row);
            }
            cod_data_break(data);
        }
    }
    assert_status(cod_data_close(data, NULL), COD_OK);
}

static const char *const two[] = {"linear", "mgda(normalize=l2)"};

static void write_front(const char *folder)
{
    write_data(folder, "front.dat", "zdt1(n=30)", "f_1 f_2", 2, two, 2, 1);
}

/* Runs with another PATH; puts the old one back. */
static cod_status draw_with_path(const char *path, const char *folder,
                                 cod_message *message)
{
    char *old = strdup(getenv("PATH")), *name = NULL;
    setenv("PATH", path, 1);
    cod_status status =
        cod_figure_draw(folder, COD_FIGURE_FRONT, "png", &name, message);
    setenv("PATH", old, 1);
    assert_true(status == COD_OK || name == NULL);
    free(old);
    free(name);
    return status;
}

/* ---- names ---- */

static void test_figure_find(void **state)
{
    cod_figure figure = COD_FIGURE_COUNT;
    cod_message message;
    (void)state;
    assert_status(cod_figure_find("weights", &figure, &message), COD_OK);
    assert_int_equal(figure, COD_FIGURE_WEIGHTS);
    assert_status(cod_figure_find("wieghts", &figure, &message), COD_ENAME);
    assert_string_equal(message.text,
                        "unknown figure 'wieghts'; did you mean 'weights'?");
    assert_status(cod_format_check("svg", &message), COD_OK);
    assert_status(cod_format_check("jpeg", &message), COD_ENAME);
    assert_string_equal(message.text,
                        "unknown format 'jpeg'; png, svg and pdf are drawn");
}

/* ---- drawing ---- */

/* A contact sheet of two tiles, on a picture that is at hand: the front's. */
static void write_samples(const char *folder)
{
    cod_data *data;
    char *name, *tiles;
    cod_data_head head = {.title = "tiles", .columns = "left top tile width height"};
    assert_status(cod_figure_draw(folder, COD_FIGURE_FRONT, "png", &name, NULL),
                  COD_OK);
    assert_true(asprintf(&tiles, "%s/samples-tiles.png", folder) > 0);
    assert_int_equal(rename(name, tiles), 0);
    assert_status(cod_data_open(folder, "samples.dat", &head, &data, NULL), COD_OK);
    for (size_t k = 0; k < 2; k++) {
        double row[] = {20 + 220 * (double)k, 40, 200, 460, 260};
        cod_data_set(data, two[k], k);
        cod_data_row(data, row);
    }
    assert_status(cod_data_close(data, NULL), COD_OK);
    free(name);
    free(tiles);
}

static void write_all(const char *folder)
{
    write_front(folder);
    write_data(folder, "weights.dat", "trace", "step w_1 w_2 w_3", 3, two, 2, 1);
    write_data(folder, "convergence.dat", "zdt1", "step evaluations stationarity", 2,
               two, 2, 3);
    write_data(folder, "trajectories.dat", "toy2d", "step f_1 f_2 x_1 x_2", 2, two, 2,
               3);
    write_data(folder, "contours.dat", "toy2d", "x_1 x_2 f_1 f_2", 2, two, 1, 20);
    write_data(folder, "spread.dat", "task", "f_1 f_2 low_1 high_1 low_2 high_2", 2,
               two, 2, 1);
    write_data(folder, "learning.dat", "task", "step f_1 f_2 dice", 3, two, 2, 1);
    write_data(folder, "conflict.dat", "task", "step cosine", 2, two, 2, 1);
    write_samples(folder);
}

static void check_figure(const char *folder, cod_figure figure, const char *format)
{
    static const char *const magics[][2] = {
        {"png", "\x89PNG"}, {"svg", "<?xml"}, {"pdf", "%PDF"}};
    char *path = NULL, start[8] = {0};
    cod_message message = {""};
    cod_status status = cod_figure_draw(folder, figure, format, &path, &message);
    if (status != COD_OK)
        print_error("%s: %s\n", cod_figure_name(figure), message.text);
    assert_int_equal(status, COD_OK);
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    assert_true(fread(start, 1, 5, stream) == 5);
    fclose(stream);
    for (size_t k = 0; k < 3; k++)
        if (strcmp(format, magics[k][0]) == 0)
            assert_memory_equal(start, magics[k][1], strlen(magics[k][1]));
    free(path);
}

static void test_figure_draw_every_kind_and_format(void **state)
{
    static const char *const formats[] = {"png", "svg", "pdf"};
    char *folder = make_folder();
    (void)state;
    if (!has_gnuplot())
        skip();
    write_all(folder);
    for (size_t k = 0; k < COD_FIGURE_COUNT; k++)
        for (size_t f = 0; f < 3; f++)
            check_figure(folder, (cod_figure)k, formats[f]);
    write_data(folder, "true-front.dat", "zdt1", "f_1 f_2", 2, two, 1, 1);
    check_figure(folder, COD_FIGURE_FRONT, "svg");
    write_data(folder, "trajectories.dat", "zdt1", "step f_1 f_2", 2, two, 2, 3);
    check_figure(folder, COD_FIGURE_TRAJECTORIES, "svg");
    write_data(folder, "front.dat", "dtlz2", "f_1 f_2 f_3", 3, two, 2, 1);
    write_data(folder, "true-front.dat", "dtlz2", "f_1 f_2 f_3", 3, two, 1, 1);
    check_figure(folder, COD_FIGURE_FRONT, "svg");
    remove_folder(folder);
}

/* The script draws the same figure again, by hand, in that folder. */
static void test_figure_script_runs_by_hand(void **state)
{
    char *folder = make_folder(), *name, *command;
    (void)state;
    if (!has_gnuplot())
        skip();
    write_front(folder);
    assert_status(cod_figure_draw(folder, COD_FIGURE_FRONT, "svg", &name, NULL),
                  COD_OK);
    free(name);
    char *first = read_all(folder, "front.svg");
    assert_non_null(first);
    assert_true(asprintf(&command, "cd '%s' && rm front.svg && gnuplot -d front.gp",
                         folder) > 0);
    assert_int_equal(system(command), 0);
    char *second = read_all(folder, "front.svg");
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "mgda(normalize=l2)"));
    free(first);
    free(second);
    free(command);
    remove_folder(folder);
}

/* A weighted sum's point has its weights beside it, whatever other options it has. */
static void test_figure_draw_spread_says_weights(void **state)
{
    static const char *const sums[] = {"linear", "linear(output=native, weights=3:1)",
                                       "linear(weights=0.25:0.75, output=native)",
                                       "linear(weights=1:0)", "mgda"};
    static const char *const labels[] = {">linear<", ">3:1<", ">0.25:0.75<", ">1:0<"};
    char *folder = make_folder(), *name;
    (void)state;
    if (!has_gnuplot())
        skip();
    write_data(folder, "spread.dat", "task", "f_1 f_2 low_1 high_1 low_2 high_2", 2,
               sums, 5, 1);
    assert_status(cod_figure_draw(folder, COD_FIGURE_SPREAD, "svg", &name, NULL),
                  COD_OK);
    char *text = read_all(folder, "spread.svg");
    for (size_t k = 0; k < sizeof labels / sizeof *labels; k++)
        if (strstr(text, labels[k]) == NULL)
            fail_msg("no label %s", labels[k]);
    assert_null(strstr(text, ">linea<"));
    free(text);
    free(name);
    remove_folder(folder);
}

/* Texts that would be commands of gnuplot's or of the shell's, or words of a template.
 */
static void test_figure_draw_hostile_texts(void **state)
{
    static const char *const methods[] = {"it's `touch hacked` \"$(x)\"",
                                          "@DATA@ @FORMAT@ \\", "'); system('x"};
    char *folder = make_folder(), *name;
    (void)state;
    if (!has_gnuplot())
        skip();
    write_data(folder, "front.dat", "`touch hacked` @PALETTE@ ' {_^", "f_1 f_2", 2,
               methods, 3, 1);
    assert_status(cod_figure_draw(folder, COD_FIGURE_FRONT, "svg", &name, NULL),
                  COD_OK);
    free(name);
    assert_false(exists(folder, "hacked"));
    char *text = read_all(folder, "front.svg");
    assert_non_null(strstr(text, "it\u2019s `touch hacked`"));
    assert_non_null(strstr(text, "@DATA@ @FORMAT@"));
    free(text);
    remove_folder(folder);
}

/* A set without a point: the others keep their data, colours and names. */
static void test_figure_script_skips_empty_sets(void **state)
{
    char *folder = make_folder();
    cod_data *data;
    cod_data_head head = {.title = "t", .columns = "f_1 f_2", .m = 2};
    (void)state;
    assert_status(cod_data_open(folder, "front.dat", &head, &data, NULL), COD_OK);
    cod_data_set(data, "empty", 9);
    cod_data_set(data, "b", 4);
    cod_data_row(data, (const double[]){1, 2});
    cod_data_set(data, "none", 9);
    cod_data_set(data, "b(x=1)", 4);
    cod_data_row(data, (const double[]){2, 1});
    cod_data_set(data, "last", 9);
    assert_status(cod_data_close(data, NULL), COD_OK);
    assert_status(draw_with_path("", folder, NULL), COD_EFIGURE);
    char *script = read_all(folder, "front.gp");
    assert_non_null(strstr(script, "COUNT = 2 # methods\n"
                                   "array METHOD[2] = ['b', 'b(x=1)']\n"));
    assert_non_null(strstr(script, "array INDEX[2] = [0, 1]\n"
                                   "array PLACE[2] = [4, 4]\n"
                                   "array VARIANT[2] = [0, 1]\n"
                                   "array RUNS[2] = [1, 1]\n"));
    assert_null(strchr(script, '@'));
    free(script);
    remove_folder(folder);
}

/* ---- what goes wrong ---- */

static void test_figure_draw_without_gnuplot(void **state)
{
    char *folder = make_folder();
    cod_message message = {""};
    (void)state;
    write_front(folder);
    free(make_file(folder, "front.png", "an older one", 12));
    assert_status(draw_with_path("", folder, &message), COD_EFIGURE);
    assert_string_equal(message.text,
                        "gnuplot is not installed; the data and front.gp are written: "
                        "'gnuplot front.gp' in that folder draws the figure");
    assert_true(exists(folder, "front.gp"));
    assert_true(exists(folder, "front.dat"));
    assert_false(exists(folder, "front.png"));
    assert_status(draw_with_path("relative::/nowhere", folder, &message), COD_EFIGURE);
    remove_folder(folder);
}

/* A gnuplot that fails, and one that says it worked and wrote half a file. */
static void test_figure_draw_gnuplot_fails(void **state)
{
    static const char *const scripts[][2] = {
        {"#!/bin/sh\necho 'plot x' >&2\necho '     ^' >&2\n"
         "echo '\"front.gp\" line 3: no such thing' >&2\nexit 1\n",
         "gnuplot failed on front.gp: \"front.gp\" line 3: no such thing"},
        {"#!/bin/sh\nexit 3\n", "gnuplot failed on front.gp: it said nothing"},
        {"#!/bin/sh\nprintf '\\211PNG' > front.png\n",
         "/front.png: gnuplot did not write it whole"},
        {"#!/bin/sh\nexit 0\n", "/front.png: gnuplot did not write it whole"},
    };
    char *folder = make_folder();
    (void)state;
    write_front(folder);
    for (size_t k = 0; k < sizeof scripts / sizeof *scripts; k++) {
        cod_message message = {""};
        char *fake = make_file(folder, "gnuplot", scripts[k][0], strlen(scripts[k][0]));
        assert_int_equal(chmod(fake, 0755), 0);
        assert_status(draw_with_path(folder, folder, &message), COD_EFIGURE);
        assert_message(message, scripts[k][1]);
        assert_false(exists(folder, "front.png"));
        assert_true(exists(folder, "front.gp"));
        free(fake);
    }
    remove_folder(folder);
}

static void check_bad(const char *folder, const char *format, cod_status status,
                      const char *end)
{
    cod_message message = {""};
    char *name = NULL;
    assert_status(cod_figure_draw(folder, COD_FIGURE_FRONT, format, &name, &message),
                  status);
    assert_null(name);
    assert_message(message, end);
}

static void test_figure_draw_bad_data(void **state)
{
    char *folder = make_folder();
    (void)state;
    check_bad(folder, "png", COD_EFILE, "/front.dat: No such file or directory");
    check_bad("/nowhere", "png", COD_EFILE,
              "/nowhere/front.dat: No such file or directory");
    free(make_file(folder, "front.dat", "1 2\n", 4));
    check_bad(folder, "png", COD_ESYNTAX,
              "/front.dat, line 1: is not a data file of codescent");
    free(make_file(folder, "front.dat", "# codescent-data 1\n1 2\n", 23));
    check_bad(folder, "png", COD_ESYNTAX,
              "/front.dat: lacks its comments '# title:', '# columns:', '# labels:'");
    static const struct {
        const char *row, *end;
    } rows[] = {{"a b", "/front.dat, line 7: is no row of 2 numbers"},
                {"1", "/front.dat, line 7: is no row of 2 numbers"},
                {"1 2 3", "/front.dat, line 7: is no row of 2 numbers"},
                {"1,2", "/front.dat, line 7: is no row of 2 numbers"},
                {"# place: -1", "/front.dat, line 7: is no place"}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char text[200];
        int size = snprintf(text, sizeof text,
                            "# codescent-data 1\n# title: t\n# columns: f_1 f_2\n"
                            "# labels: a\tb\n# method: mgda\n# place: 0\n%s\n",
                            rows[k].row);
        free(make_file(folder, "front.dat", text, (size_t)size));
        check_bad(folder, "png", COD_ESYNTAX, rows[k].end);
    }
    free(make_file(folder, "front.dat", "# codescent-data 12\n", 20));
    check_bad(folder, "png", COD_ESYNTAX,
              "/front.dat, line 1: is not a data file of codescent");
    write_data(folder, "front.dat", "t", "f_1 f_2", 2, two, 0, 0);
    check_bad(folder, "png", COD_EMISSING,
              "/front.dat: holds no point, nothing to draw");
    write_data(folder, "front.dat", "t", "f_1 f_2 f_3 f_4", 4, two, 2, 1);
    check_bad(folder, "png", COD_EUNSUPPORTED,
              "/front.dat: a front of 4 objectives; those of 2 and 3 can be drawn");
    check_bad(folder, "gif", COD_ENAME,
              "unknown format 'gif'; png, svg and pdf are drawn");
    remove_folder(folder);
}

static void test_plots_folder(void **state)
{
    char *folder = make_folder(), *found;
    (void)state;
    assert_status(cod_plots_folder(&found, NULL), COD_OK);
    free(found);
    write_front(folder);
    setenv("CODESCENT_PLOTS", folder, 1);
    check_bad(folder, "png", COD_EFILE,
              ": no templates of figures there (set CODESCENT_PLOTS)");
    free(make_file(folder, "palette.gp", "", 0));
    check_bad(folder, "png", COD_EFILE, "/front.gp: No such file or directory");
    unsetenv("CODESCENT_PLOTS");
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figure_find),
        cmocka_unit_test(test_figure_draw_every_kind_and_format),
        cmocka_unit_test(test_figure_script_runs_by_hand),
        cmocka_unit_test(test_figure_draw_spread_says_weights),
        cmocka_unit_test(test_figure_draw_hostile_texts),
        cmocka_unit_test(test_figure_script_skips_empty_sets),
        cmocka_unit_test(test_figure_draw_without_gnuplot),
        cmocka_unit_test(test_figure_draw_gnuplot_fails),
        cmocka_unit_test(test_figure_draw_bad_data),
        cmocka_unit_test(test_plots_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
