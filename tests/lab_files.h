/* SPDX-License-Identifier: MIT */
/* A folder for a test's files, and files in it. */
#ifndef COD_TESTS_LAB_FILES_H
#define COD_TESTS_LAB_FILES_H

#include <dirent.h>
#include <unistd.h>

#include "check.h"

static inline char *make_folder(void)
{
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    size_t size = strlen(base) + sizeof "/codescent-XXXXXX";
    char *folder = malloc(size);
    assert_non_null(folder);
    snprintf(folder, size, "%s/codescent-XXXXXX", base);
    assert_non_null(mkdtemp(folder));
    return folder;
}

/* The folder and what is in it, one level of folders deep. */
static inline void remove_folder(char *folder)
{
    DIR *listing = opendir(folder);
    struct dirent *entry;
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        char *path;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_true(asprintf(&path, "%s/%s", folder, entry->d_name) > 0);
        if (unlink(path) == 0)
            free(path);
        else
            remove_folder(path);
    }
    if (listing != NULL)
        closedir(listing);
    rmdir(folder);
    free(folder);
}

/* Writes a file; its path is to be freed. */
static inline char *make_file(const char *folder, const char *name, const void *bytes,
                              size_t size)
{
    char *path;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
    return path;
}

/* A file's text, to be freed; NULL where there is none. */
static inline char *read_all(const char *folder, const char *name)
{
    char *path, *text = NULL;
    size_t room = 0;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    FILE *stream = fopen(path, "rb");
    free(path);
    if (stream == NULL)
        return NULL;
    if (getdelim(&text, &room, '\0', stream) < 0 && text != NULL)
        *text = '\0';
    fclose(stream);
    return text;
}

static inline int exists(const char *folder, const char *name)
{
    char *path;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    int there = access(path, F_OK) == 0;
    free(path);
    return there;
}

/* A .npy file's bytes, to be freed: magic, version, header, data. */
static inline char *make_npy(int major, const char *header, const void *data,
                             size_t data_size, size_t *ret_size)
{
    char *bytes;
    FILE *stream = open_memstream(&bytes, ret_size);
    size_t length = strlen(header), start = major == 1 ? 10 : 12;
    size_t padded = (start + length + 1 + 63) / 64 * 64 - start;
    fprintf(stream, "\x93NUMPY%c%c%c%c", major, 0, (int)(padded & 255),
            (int)(padded >> 8));
    if (major != 1)
        fprintf(stream, "%c%c", 0, 0);
    fprintf(stream, "%s%*s\n", header, (int)(padded - length - 1), "");
    fwrite(data, 1, data_size, stream);
    fclose(stream);
    return bytes;
}

/* The message ends so; what comes before is the path. */
static inline void check_message(const cod_message *message, const char *end,
                                 const char *file, int line)
{
    size_t length = strlen(message->text), wanted = strlen(end);
    if (strchr(message->text, '\n') == NULL && length >= wanted &&
        strcmp(message->text + length - wanted, end) == 0)
        return;
    print_error("message: %s\nshould end: %s\n", message->text, end);
    _fail(file, line);
}

#define assert_message(message, end)                                                   \
    check_message(&(message), (end), __FILE__, __LINE__)

static inline char *join(const char *folder, const char *name)
{
    char *path;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static inline int has_gnuplot(void)
{
    return system("gnuplot --version > /dev/null 2>&1") == 0;
}

#endif
