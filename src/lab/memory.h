/* SPDX-License-Identifier: GPL-3.0-or-later */
/* malloc() promises more memory than there is, and a process that uses what it was
 * promised is killed, or slows the machine down to nothing. */
#ifndef COD_LAB_MEMORY_H
#define COD_LAB_MEMORY_H

/* Whether the machine has so many bytes at all, free or not. */
int cod_memory_has(double bytes);

#endif
