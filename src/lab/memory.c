/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/memory.h"

#include <unistd.h>

int cod_memory_has(double bytes)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages <= 0 || size <= 0 || bytes <= (double)pages * (double)size;
}
