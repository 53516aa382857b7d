/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all of src/lab shares: the two statuses that libcodescent's list has no use for,
 * because it touches no file. cod_status_key() does not know them; the message says it.
 */
#ifndef COD_LAB_LAB_H
#define COD_LAB_LAB_H

#include <codescent/status.h>

/* A file or folder could not be opened, read, made or written. */
#define COD_EFILE        ((cod_status)-101)

/* A figure could not be drawn (no gnuplot, or gnuplot failed); its data and its script
 * are in place. The program's exit code for it is 4. */
#define COD_EFIGURE      ((cod_status)-102)

/* The user broke off (SIGINT); what had finished by then is there. Exit code 130. */
#define COD_EINTERRUPTED ((cod_status)-103)

#endif
