/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/figure.h"

#include "core/spec.h"
#include "lab/figure_data.h"
#include "lab/file.h"
#include "lab/lab.h"
#include "lab/plots_dir.h"
#include "lab/results.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[COD_FIGURE_COUNT] = {
    "front",  "trajectories", "weights",  "convergence",
    "spread", "learning",     "conflict", "samples"};
static const char *const formats[] = {"png", "svg", "pdf"};

#define FORMATS (sizeof formats / sizeof *formats)

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "out of memory");
}

static const char *text_at(const void *list, size_t k)
{
    return ((const char *const *)list)[k];
}

const char *cod_figure_name(cod_figure figure)
{
    return names[figure];
}

cod_status cod_figure_find(const char *name, cod_figure *ret_figure,
                           cod_message *ret_message)
{
    for (size_t k = 0; k < COD_FIGURE_COUNT; k++)
        if (strcmp(name, names[k]) == 0) {
            *ret_figure = (cod_figure)k;
            return COD_OK;
        }
    return cod_fail_name(ret_message, "figure", name, names, COD_FIGURE_COUNT, text_at);
}

cod_status cod_format_check(const char *format, cod_message *ret_message)
{
    for (size_t k = 0; k < FORMATS; k++)
        if (strcmp(format, formats[k]) == 0)
            return COD_OK;
    return cod_fail(ret_message, COD_ENAME,
                    "unknown format '%.40s'; png, svg and pdf are drawn", format);
}

/* "FOLDER/NAME.SUFFIX", to be freed. */
static char *join(const char *folder, const char *name, const char *suffix)
{
    char *path;
    return asprintf(&path, "%s/%s%s", folder, name, suffix) < 0 ? NULL : path;
}

/* Allocates nothing: where memory is short, a file would seem not to be there. */
static int has_file(const char *folder, const char *name, const char *suffix)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
    return length < (int)sizeof path && access(path, F_OK) == 0;
}

int cod_figure_has_data(const char *folder, cod_figure figure)
{
    return has_file(folder, names[figure], ".dat");
}

/* ---- templates ---- */

/* Is there a folder of templates beside the running program? */
static int beside_program(char ret_folder[PATH_MAX])
{
    static const char *const places[] = {"../plots", "../../plots",
                                         "../share/codescent/plots"};
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return 0;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL)
        return 0;
    *slash = '\0';
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        if (snprintf(ret_folder, PATH_MAX, "%s/%s", program, places[k]) < PATH_MAX &&
            has_file(ret_folder, "palette", ".gp"))
            return 1;
    return 0;
}

cod_status cod_plots_folder(char **ret_folder, cod_message *ret_message)
{
    char beside[PATH_MAX];
    const char *chosen = getenv("CODESCENT_PLOTS");
    if (chosen == NULL || *chosen == '\0')
        chosen = beside_program(beside) ? beside : COD_PLOTS_DIR;
    char *folder = strdup(chosen);
    if (folder == NULL)
        return no_memory(ret_message);
    if (!has_file(folder, "palette", ".gp")) {
        cod_status status =
            cod_fail(ret_message, COD_EFILE,
                     "%s: no templates of figures there (set CODESCENT_PLOTS)",
                     cod_file_name(folder));
        free(folder);
        return status;
    }
    *ret_folder = folder;
    return COD_OK;
}

static cod_status read_template(const char *plots, const char *name, char **ret_text,
                                cod_message *message)
{
    size_t size;
    char *path = join(plots, name, ".gp");
    if (path == NULL)
        return no_memory(message);
    cod_status status = cod_file_read(path, ret_text, &size, message);
    if (status == COD_OK && strncmp(*ret_text, "# SPDX", 6) == 0) {
        char *rest = *ret_text + strcspn(*ret_text, "\n"); /* the template's, not the
                                                              figure's */
        rest += *rest == '\n';
        memmove(*ret_text, rest, strlen(rest) + 1);
    }
    free(path);
    return status;
}

/* What a figure is made of. */
typedef struct sketch {
    const char *folder;
    const char *format;
    cod_figure figure;
    cod_figure_data data;
    char *palette;  /* palette.gp */
    char *template; /* the kind's */
} sketch;

/* The templates' words. Unknown ones stay as they are. */
static int print_word(const sketch *s, const char *word, size_t length, FILE *stream)
{
    if (length == 4 && strncmp(word, "DATA", 4) == 0)
        cod_figure_data_print(&s->data, stream);
    else if (length == 7 && strncmp(word, "PALETTE", 7) == 0)
        fputs(s->palette, stream);
    else if (length == 6 && strncmp(word, "FORMAT", 6) == 0)
        fputs(s->format, stream);
    else if (length == 10 && strncmp(word, "TRUE_FRONT", 10) == 0)
        fputc(has_file(s->folder, "true-front", ".dat") ? '1' : '0', stream);
    else if (length == 4 && strncmp(word, "RAYS", 4) == 0)
        fputc(has_file(s->folder, "rays", ".dat") ? '1' : '0', stream);
    else if (length == 8 && strncmp(word, "CONTOURS", 8) == 0)
        fputc(has_file(s->folder, "contours", ".dat") ? '1' : '0', stream);
    else
        return 0;
    return 1;
}

static void print_script(const sketch *s, FILE *stream)
{
    for (const char *c = s->template; *c != '\0';) {
        const char *end = *c == '@' ? strchr(c + 1, '@') : NULL;
        if (end != NULL && print_word(s, c + 1, (size_t)(end - c - 1), stream))
            c = end + 1;
        else
            fputc(*c++, stream);
    }
}

/* The template for what the data are. */
static cod_status choose(const sketch *s, const char **ret_template,
                         cod_message *message)
{
    *ret_template = names[s->figure];
    if (s->figure == COD_FIGURE_FRONT && s->data.m == 3)
        *ret_template = "front-3d";
    else if (s->figure == COD_FIGURE_FRONT && s->data.m != 2)
        return cod_fail(message, COD_EUNSUPPORTED,
                        "%s/front.dat: a front of %zu objectives; those of 2 and 3 "
                        "can be drawn",
                        cod_file_name(s->folder), s->data.m);
    if (s->figure == COD_FIGURE_TRAJECTORIES && strstr(s->data.columns, "x_2") == NULL)
        *ret_template = "trajectories-objectives";
    return COD_OK;
}

static cod_status load(sketch *s, cod_message *message)
{
    const char *template;
    char *plots = NULL, *path = join(s->folder, names[s->figure], ".dat");
    if (path == NULL)
        return no_memory(message);
    cod_status status = cod_figure_data_read(path, &s->data, message);
    if (status == COD_OK && s->data.count == 0)
        status = cod_fail(message, COD_EMISSING, "%s: holds no point, nothing to draw",
                          cod_file_name(path));
    free(path);
    if (status == COD_OK)
        status = choose(s, &template, message);
    if (status == COD_OK)
        status = cod_plots_folder(&plots, message);
    if (status == COD_OK)
        status = read_template(plots, "palette", &s->palette, message);
    if (status == COD_OK)
        status = read_template(plots, template, &s->template, message);
    free(plots);
    return status;
}

/* ---- drawing ---- */

/* Cairo says nothing of a full disk: a whole figure has its format's last bytes. */
static int is_whole(const char *path, const char *format)
{
    char tail[64] = {0};
    const char *wanted = strcmp(format, "png") == 0   ? "IEND"
                         : strcmp(format, "svg") == 0 ? "</svg>"
                                                      : "%%EOF";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t length = lseek(file, -(off_t)sizeof tail, SEEK_END) >= 0
                         ? read(file, tail, sizeof tail)
                         : 0;
    close(file);
    return length > 0 && memmem(tail, (size_t)length, wanted, strlen(wanted)) != NULL;
}

static cod_status write_script(const sketch *s, const char *name, cod_message *message)
{
    cod_output *output;
    cod_status status = cod_output_open(s->folder, name, &output, message);
    if (status < 0)
        return status;
    print_script(s, output->stream);
    return cod_output_close(output, message);
}

static cod_status draw(const sketch *s, char **ret_name, cod_message *message)
{
    char script[32], suffix[8];
    snprintf(script, sizeof script, "%s.gp", names[s->figure]);
    snprintf(suffix, sizeof suffix, ".%s", s->format);
    char *picture = join(s->folder, names[s->figure], suffix);
    if (picture == NULL)
        return no_memory(message);
    cod_status status = write_script(s, script, message);
    if (status == COD_OK) {
        unlink(picture); /* an older one would pass for the new one */
        status = cod_gnuplot_run(s->folder, script, message);
        if (status == COD_OK && !is_whole(picture, s->format))
            status =
                cod_fail(message, COD_EFIGURE, "%s: gnuplot did not write it whole",
                         cod_file_name(picture));
        if (status < 0)
            unlink(picture);
    }
    if (status == COD_OK && ret_name != NULL)
        *ret_name = picture;
    else
        free(picture);
    return status;
}

cod_status cod_figure_draw(const char *folder, cod_figure figure, const char *format,
                           char **ret_name, cod_message *ret_message)
{
    sketch s = {.folder = folder, .format = format, .figure = figure};
    if (ret_name != NULL)
        *ret_name = NULL;
    cod_status status = cod_format_check(format, ret_message);
    if (status == COD_OK)
        status = load(&s, ret_message);
    if (status == COD_OK)
        status = draw(&s, ret_name, ret_message);
    cod_figure_data_clear(&s.data);
    free(s.palette);
    free(s.template);
    return status;
}
