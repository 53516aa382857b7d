/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/program.h"
#include "lab/figure.h"
#include "lab/lab.h"

static cod_status draw(const char *folder, cod_figure figure, const char *format,
                       FILE *out, cod_message *message)
{
    char *name = NULL;
    cod_status status = cod_figure_draw(folder, figure, format, &name, message);
    if (status == COD_OK && out != NULL)
        fprintf(out, "figure  %s\n", name);
    free(name);
    return status;
}

/* What went wrong with all the figures of a folder, in one line: the first one's
 * message, and the names of the others. */
typedef struct failures {
    cod_status first;
    cod_message message;
    char others[128];
} failures;

static void add_failure(failures *f, cod_figure figure, cod_status status,
                        const cod_message *message)
{
    size_t length = strlen(f->others);
    if (f->first == COD_OK) {
        f->first = status;
        f->message = *message;
        return;
    }
    snprintf(f->others + length, sizeof f->others - length, "%s%s",
             length == 0 ? "; nor is there " : ", ", cod_figure_name(figure));
}

static int no_data(const char *folder)
{
    struct stat about;
    if (stat(folder, &about) != 0)
        return complain(EXIT_USAGE, "%s: %s", folder, strerror(errno));
    return complain(EXIT_USAGE, "%s holds no data of a figure", folder);
}

/* A front of four objectives has no figure, and neither have the weights of no step;
 * that is no failure where nobody asked for them by name. */
static int draw_all(const char *folder, const char *format, int asked, FILE *out)
{
    failures failed = {.first = COD_OK};
    int found = 0;
    for (cod_figure figure = 0; figure < COD_FIGURE_COUNT; figure++) {
        cod_message message = {{0}};
        if (!cod_figure_has_data(folder, figure))
            continue;
        found = 1;
        cod_status status = draw(folder, figure, format, out, &message);
        if (interrupted)
            return complain(EXIT_INTERRUPTED,
                            "interrupted: %s has the results, but not all figures",
                            folder);
        if (status < COD_OK && status != COD_EMISSING && status != COD_EUNSUPPORTED)
            add_failure(&failed, figure, status, &message);
    }
    if (!found)
        return no_data(folder);
    if (failed.first == COD_OK)
        return EXIT_DONE;
    return complain(asked ? status_code(failed.first) : EXIT_NO_FIGURE, "%s%s",
                    failed.message.text, failed.others);
}

int draw_figures(const char *folder, const char *what, const char *format, int asked,
                 FILE *out)
{
    cod_message message = {{0}};
    cod_figure figure = COD_FIGURE_FRONT;
    format = format != NULL ? format : "png";
    cod_status status = cod_format_check(format, &message);
    if (status == COD_OK && what != NULL)
        status = cod_figure_find(what, &figure, &message);
    if (status != COD_OK)
        return complain_status(status, &message);
    if (what == NULL)
        return draw_all(folder, format, asked, out);
    status = draw(folder, figure, format, out, &message);
    if (status == COD_OK)
        return EXIT_DONE;
    return complain(asked && status != COD_EMISSING ? status_code(status)
                                                    : EXIT_NO_FIGURE,
                    "%s", message.text);
}
