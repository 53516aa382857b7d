/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/file.h"

#include "core/spec.h"
#include "lab/lab.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What messages show of a long path: its end. */
#define NAME_SHOWN 120

const char *cod_file_name(const char *path)
{
    if (strcmp(path, "-") == 0)
        return "standard input";
    size_t length = strlen(path);
    return length > NAME_SHOWN ? path + (length - NAME_SHOWN) : path;
}

cod_status cod_file_fail(const char *name, cod_message *message)
{
    return cod_fail(message, errno == ENOMEM ? COD_EMEMORY : COD_EFILE, "%s: %s", name,
                    strerror(errno));
}

/* Reads to the end. COD_OK; COD_EFILE (errno says why); COD_EMEMORY */
static cod_status read_stream(FILE *stream, char **ret_bytes, size_t *ret_size)
{
    size_t size = 0, room = 1 << 16;
    char *bytes = malloc(room);
    while (bytes != NULL) {
        size += fread(bytes + size, 1, room - size - 1, stream);
        if (size + 1 < room)
            break;
        char *larger = room > SIZE_MAX / 2 ? NULL : realloc(bytes, room * 2);
        if (larger == NULL)
            free(bytes);
        bytes = larger;
        room *= 2;
    }
    if (bytes == NULL)
        return COD_EMEMORY;
    if (ferror(stream)) {
        free(bytes);
        return COD_EFILE;
    }
    bytes[size] = '\0';
    *ret_bytes = bytes;
    *ret_size = size;
    return COD_OK;
}

cod_status cod_file_read(const char *path, char **ret_bytes, size_t *ret_size,
                         cod_message *ret_message)
{
    int standard = strcmp(path, "-") == 0;
    const char *name = cod_file_name(path);
    FILE *stream = standard ? stdin : fopen(path, "rb");
    if (stream == NULL)
        return cod_file_fail(name, ret_message);
    errno = 0;
    cod_status status = read_stream(stream, ret_bytes, ret_size);
    int reason = errno;
    if (!standard)
        fclose(stream);
    if (status == COD_EFILE)
        return cod_fail(ret_message, status, "%s: %s", name,
                        reason != 0 ? strerror(reason) : "cannot be read");
    if (status == COD_EMEMORY)
        return cod_fail(ret_message, status, "%s: too large for the memory", name);
    return status;
}
