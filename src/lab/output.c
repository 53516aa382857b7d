/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/spec.h"
#include "lab/file.h"
#include "lab/lab.h"
#include "lab/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void output_free(cod_output *output)
{
    free(output->path);
    free(output->temporary);
    free(output);
}

cod_status cod_output_open(const char *folder, const char *name,
                           cod_output **ret_output, cod_message *ret_message)
{
    int file = -1;
    cod_output *output = calloc(1, sizeof *output);
    if (output == NULL)
        goto fail;
    if (asprintf(&output->path, "%s/%s", folder, name) < 0) {
        output->path = NULL;
        goto fail;
    }
    if (asprintf(&output->temporary, "%s.partial", output->path) < 0) {
        output->temporary = NULL;
        goto fail;
    }
    /* A partial file that a killed run left is written over; a link is not followed. */
    file = open(output->temporary,
                O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file < 0) {
        cod_status status =
            cod_fail(ret_message, COD_EFILE, "%s: cannot be written: %s",
                     cod_file_name(output->path), strerror(errno));
        output_free(output);
        return status;
    }
    output->stream = fdopen(file, "w");
    if (output->stream == NULL)
        goto fail;
    *ret_output = output;
    return COD_OK;
fail:
    if (file >= 0) {
        close(file);
        unlink(output->temporary);
    }
    if (output != NULL)
        output_free(output);
    return cod_fail(ret_message, COD_EMEMORY, "%s: out of memory", name);
}

/* Why a stream went bad before it was flushed is not kept by the C library; another
 * write to the same file says it again. */
static int reason_of(FILE *stream)
{
    int reason = 0;
    errno = 0;
    if (fflush(stream) != 0)
        reason = errno;
    if (reason == 0 && ferror(stream)) {
        reason = write(fileno(stream), "\n", 1) < 0 ? errno : EIO;
    }
    return reason;
}

cod_status cod_output_close(cod_output *output, cod_message *ret_message)
{
    cod_status status = COD_OK;
    int reason = reason_of(output->stream);
    if (fclose(output->stream) != 0 && reason == 0)
        reason = errno;
    if (reason == 0 && rename(output->temporary, output->path) != 0)
        reason = errno;
    if (reason != 0) {
        unlink(output->temporary);
        status = cod_fail(ret_message, COD_EFILE, "%s: cannot be written: %s",
                          cod_file_name(output->path), strerror(reason));
    }
    output_free(output);
    return status;
}

void cod_output_abandon(cod_output *output)
{
    if (output == NULL)
        return;
    fclose(output->stream);
    unlink(output->temporary);
    output_free(output);
}

cod_status cod_stream_check(FILE *stream, const char *name, cod_message *ret_message)
{
    int reason = reason_of(stream);
    if (reason == 0)
        return COD_OK;
    return cod_fail(ret_message, COD_EFILE, "%s: cannot be written: %s", name,
                    strerror(reason));
}

/* As few digits as read back to the same number. */
static void print_shortest(FILE *stream, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, stream);
}

void cod_print_reals(FILE *stream, const double *values, size_t count,
                     const char *separator)
{
    for (size_t k = 0; k < count; k++) {
        fputs(k > 0 ? separator : "", stream);
        print_shortest(stream, values[k]);
    }
}

void cod_print_cell(FILE *stream, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            fputc('"', stream);
        fputc(*c, stream);
    }
    fputc('"', stream);
}
