/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "cli/program.h"
#include "lab/figure.h"
#include "lab/lab.h"

static int draw(const char *folder, cod_figure figure, const char *format, FILE *out)
{
    char *name = NULL;
    cod_message message = {{0}};
    cod_status status = cod_figure_draw(folder, figure, format, &name, &message);
    if (status == COD_OK && out != NULL)
        fprintf(out, "figure  %s\n", name);
    free(name);
    return status == COD_OK ? EXIT_DONE : complain_status(status, &message);
}

/* A front of one objective or of more than three has no figure; that is no failure
 * where nobody asked for it by name. */
static int draw_all(const char *folder, const char *format, FILE *out)
{
    int code = EXIT_DONE, drawn = 0;
    for (cod_figure figure = 0; figure < COD_FIGURE_COUNT; figure++) {
        if (!cod_figure_has_data(folder, figure))
            continue;
        int its_code = draw(folder, figure, format, out);
        drawn++;
        code = its_code > code ? its_code : code;
    }
    if (drawn == 0)
        return complain(EXIT_USAGE, "%s holds no data of a figure", folder);
    return code;
}

int draw_figures(const char *folder, const char *what, const char *format, FILE *out)
{
    cod_message message = {{0}};
    cod_figure figure;
    format = format != NULL ? format : "png";
    cod_status status = cod_format_check(format, &message);
    if (status == COD_OK && what != NULL)
        status = cod_figure_find(what, &figure, &message);
    if (status != COD_OK)
        return complain_status(status, &message);
    return what != NULL ? draw(folder, figure, format, out)
                        : draw_all(folder, format, out);
}
