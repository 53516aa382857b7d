/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures: plain data, a gnuplot script made from a template, and gnuplot run on it.
 *
 * A figure of kind K is drawn from the data files of a result folder alone. The script
 * K.gp is written beside them, so that it can be edited and run again by hand:
 * `gnuplot K.gp` in that folder. (Drawing again through the program writes it anew.)
 *
 * The data files (written through data.h; all begin with "# codescent-data 1"):
 *
 *   file              columns                            set        curve
 *   front.dat         f_1 .. f_m [on_front: 0 where      a method   -
 *                     its method has a better end]
 *   true-front.dat    f_1 .. f_m                         one        a connected piece
 *   trajectories.dat  step f_1 .. f_m [x_1 x_2 if n=2]   a method   a run
 *   weights.dat       step w_1 .. w_m                    a method   the first run
 *   convergence.dat   step evaluations stationarity      a method   a run
 *   spread.dat        f_1 .. f_m low_1 high_1 ..         a method   -
 *                     (a row of medians and quartiles,
 *                     then a row a seed)
 *   learning.dat      step f_1 .. f_m score              a method   medians
 *   conflict.dat      step cosine                        a method   the first seed
 *   samples.dat       left top tile width height         a tile     -
 *                     (pixels of samples-tiles.png)
 *   contours.dat      x_1 x_2 f_1 .. f_m                 one        a line of the grid
 *
 * Sets are gnuplot's indexes: two blank lines stand between them; one blank line stands
 * between curves. Comments at the head: "# title: ", "# columns: " (the names above),
 * "# labels: " (what axes and legends call objectives 1 .. m, separated by tabs); at
 * the head of a set: "# method: " (its text) and "# place: " (cod_method_place(), which
 * decides colour and marker).
 *
 * true-front.dat is used by `front` (and by `trajectories` where n is not 2),
 * contours.dat by `trajectories`; both may be absent. */
#ifndef COD_LAB_FIGURE_H
#define COD_LAB_FIGURE_H

#include <stddef.h>

#include <codescent/status.h>

typedef enum cod_figure {
    COD_FIGURE_FRONT,        /* objective space: 2-D, or 3-D with its projections */
    COD_FIGURE_TRAJECTORIES, /* over the objectives' contours; one panel a method */
    COD_FIGURE_WEIGHTS,      /* over steps; one panel a method, a colour an objective */
    COD_FIGURE_CONVERGENCE,  /* stationarity over steps, on a log scale */
    COD_FIGURE_SPREAD,       /* of networks: the first two losses, with quartiles */
    COD_FIGURE_LEARNING,     /* losses and a score over steps, a panel each */
    COD_FIGURE_CONFLICT,     /* cosines of gradients over steps, a panel a method */
    COD_FIGURE_SAMPLES,      /* a contact sheet */
    COD_FIGURE_COUNT,
} cod_figure;

/* "front", "trajectories", ...: the kinds' names, which are also the data files'
 * (.dat), the scripts' (.gp) and the figures' (.png). */
const char *cod_figure_name(cod_figure figure);

/* COD_OK; COD_ENAME (the message names the nearest). */
COD_MUST_CHECK cod_status cod_figure_find(const char *name, cod_figure *ret_figure,
                                          cod_message *ret_message);
/* "png", "svg", "pdf": likewise; COD_ENAME. */
COD_MUST_CHECK cod_status cod_format_check(const char *format,
                                           cod_message *ret_message);

/* Whether the folder holds the data of this kind. */
int cod_figure_has_data(const char *folder, cod_figure figure);

/* Writes the script and draws. Without gnuplot, or where gnuplot fails, the script is
 * written all the same and no figure is left that looks whole.
 *
 * @param format    "png", "svg" or "pdf"
 * @param ret_name  the figure's path, to be freed; NULL where there is none; may be
 * NULL
 * @return COD_OK; COD_EFIGURE (not drawn; the message names the script); COD_EFILE (no
 *         such data: the message names the file; or the script could not be written);
 *         COD_ESYNTAX (the data file is not one of ours); COD_EUNSUPPORTED (a front of
 *         one or of more than three objectives); COD_EMISSING (the data hold no point);
 *         COD_ENAME (format); COD_EMEMORY */
COD_MUST_CHECK cod_status cod_figure_draw(const char *folder, cod_figure figure,
                                          const char *format, char **ret_name,
                                          cod_message *ret_message);

/* Where the templates are: $CODESCENT_PLOTS; beside the running program, as in the
 * build tree (../plots, ../../plots) or in a moved installation
 * (../share/codescent/plots); or where they were installed. ret_folder is to be freed.
 * COD_OK; COD_EFILE */
COD_MUST_CHECK cod_status cod_plots_folder(char **ret_folder, cod_message *ret_message);

#endif
