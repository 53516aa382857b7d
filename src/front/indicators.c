/* SPDX-License-Identifier: MIT */
/* The indicators: one line each here. */
#include <codescent/front.h>

static const cod_indicator indicators[] = {
    {.name = "hypervolume",
     .summary = "what the front dominates, up to the reference point",
     .citation = "Zitzler and Thiele 1998, PPSN V, LNCS 1498:292-301",
     .needs_reference = 1,
     .larger_is_better = 1},
    {.name = "igd",
     .summary = "mean distance from the known front to the nearest point",
     .citation = "Bosman and Thierens 2003, IEEE Trans. Evol. Comput. 7(2):174-188; "
                 "named by Coello Coello and Reyes Sierra 2004, MICAI",
     .needs_known = 1},
    {.name = "igd+",
     .summary = "the same, counting only where the point is worse",
     .citation = "Ishibuchi, Masuda, Tanigaki and Nojima 2015, EMO, LNCS 9019:110-125",
     .needs_known = 1},
};

const cod_indicator *cod_indicator_list(size_t *ret_count)
{
    *ret_count = sizeof indicators / sizeof *indicators;
    return indicators;
}
