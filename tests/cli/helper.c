/* SPDX-License-Identifier: MIT */
/* What the tests of the program need and a shell has not:
 *
 *   helper json FILE PATH   the value at PATH of a file that holds one JSON document
 * and nothing else. PATH: "" (all), "a.b", "a[0].b"; at its end
 *                           "#" (how many entries), "@" (the keys, in their order), or
 *                           "-key" (the object without this key)
 *   helper store FILE         what a run store holds, times apart, a row a line
 *   helper finished FILE      how many runs of it have finished; also of one that is
 *                             being written
 *   helper ask FILE SQL       the rows of a question to a store, also while it is
 * written helper set FILE SQL       changes it helper killed FILE SQL    the same, by a
 * process that is killed before it is over: the change is in SQLite's log helper png
 * KIND WIDTH HEIGHT SEED FILE   a PNG: KIND is grey (any values), mask (0 and 255),
 * black, white, grey16 or rgb helper npy DTYPE SHAPE NUMBER...   a .npy file on stdout:
 * DTYPE is <f4, <f8 or any other text (the numbers are then written as doubles), SHAPE
 *                           the inside of the parentheses: "2, 3" */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <png.h>
#include <sqlite3.h>

static int fail(const char *what, const char *detail)
{
    fprintf(stderr, "helper: %s: %s\n", what, detail);
    return 1;
}

/* One part of the path: ".key" or "key" or "[index]"; NULL where there is nothing. */
static json_t *descend(json_t *value, const char **path)
{
    char key[128];
    if (**path == '[') {
        char *end;
        size_t index = strtoul(*path + 1, &end, 10);
        *path = *end == ']' ? end + 1 : end;
        return *end == ']' ? json_array_get(value, index) : NULL;
    }
    *path += **path == '.';
    size_t length = strcspn(*path, ".[#@-");
    if (length == 0 || length >= sizeof key)
        return NULL;
    memcpy(key, *path, length);
    key[length] = '\0';
    *path += length;
    return json_object_get(value, key);
}

static void print_keys(json_t *object)
{
    const char *key, *separator = "";
    json_t *value;
    json_object_foreach(object, key, value)
    {
        printf("%s%s", separator, key);
        separator = " ";
    }
    putchar('\n');
}

static void print_value(const json_t *value)
{
    if (json_is_string(value))
        puts(json_string_value(value));
    else if (json_is_real(value))
        printf("%.17g\n", json_real_value(value));
    else {
        json_dumpf(value, stdout,
                   JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
        putchar('\n');
    }
}

static int json_main(const char *file, const char *path)
{
    json_error_t error;
    json_t *document = json_load_file(file, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL)
        return fail(file, error.text);
    json_t *value = document;
    const char *at = path;
    while (value != NULL && *at != '\0' && strchr("#@-", *at) == NULL)
        value = descend(value, &at);
    if (value == NULL) {
        json_decref(document);
        return fail("nothing at", path);
    }
    if (*at == '-')
        json_object_del(value, at + 1);
    if (*at == '#')
        printf("%zu\n",
               json_is_array(value) ? json_array_size(value) : json_object_size(value));
    else if (*at == '@')
        print_keys(value);
    else
        print_value(value);
    json_decref(document);
    return 0;
}

static int npy_main(const char *dtype, const char *shape, char **numbers, int count)
{
    char header[118];
    int length = snprintf(header, sizeof header,
                          "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                          dtype, shape);
    if (length < 0 || (size_t)length >= sizeof header)
        return fail("too long", shape);
    printf("\x93NUMPY%c%c%c%c%-117s\n", 1, 0, 118, 0, header);
    for (int k = 0; k < count; k++) {
        double value = strtod(numbers[k], NULL);
        float single = (float)value;
        if (strcmp(dtype, "<f4") == 0)
            fwrite(&single, sizeof single, 1, stdout);
        else
            fwrite(&value, sizeof value, 1, stdout);
    }
    return fflush(stdout) != 0;
}

static int png_main(const char *kind, unsigned width, unsigned height, unsigned seed,
                    const char *file)
{
    int deep = strcmp(kind, "grey16") == 0, colour = strcmp(kind, "rgb") == 0;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = width,
                       .height = height,
                       .format = deep     ? PNG_FORMAT_LINEAR_Y
                                 : colour ? PNG_FORMAT_RGB
                                          : PNG_FORMAT_GRAY};
    size_t size = PNG_IMAGE_SIZE(image);
    unsigned char *pixels = malloc(size);
    for (size_t k = 0; k < size; k++) {
        seed = seed * 1103515245u + 12345u;
        unsigned char any = (unsigned char)(seed >> 16);
        pixels[k] = strcmp(kind, "black") == 0   ? 0
                    : strcmp(kind, "white") == 0 ? 255
                    : strcmp(kind, "mask") == 0  ? (any < 64 ? 0 : 255)
                                                 : any;
    }
    int bad = !png_image_write_to_file(&image, file, 0, pixels, 0, NULL);
    free(pixels);
    return bad ? fail(file, image.message) : 0;
}

static int print_rows(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *query;
    int code;
    if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK)
        return fail(sql, sqlite3_errmsg(db));
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        for (int k = 0; k < sqlite3_column_count(query); k++) {
            const unsigned char *text = sqlite3_column_text(query, k);
            printf("%s%s", k > 0 ? "|" : "",
                   text != NULL ? (const char *)text : "NULL");
        }
        putchar('\n');
    }
    sqlite3_finalize(query);
    return code == SQLITE_DONE ? 0 : fail(sql, sqlite3_errmsg(db));
}

static int store_main(const char *file)
{
    static const char *const queries[] = {
        "PRAGMA integrity_check",
        "PRAGMA user_version",
        "SELECT * FROM about ORDER BY key",
        ("SELECT id, identity, state, progress, hex(checkpoint), hex(result), message"
         " FROM run ORDER BY id"),
        "SELECT * FROM measure ORDER BY id",
    };
    sqlite3 *db;
    int bad = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK;
    if (bad)
        fail(file, sqlite3_errmsg(db));
    for (size_t k = 0; !bad && k < sizeof queries / sizeof *queries; k++)
        bad = print_rows(db, queries[k]);
    sqlite3_close(db);
    return bad;
}

static int ask_main(const char *file, const char *sql)
{
    sqlite3 *db;
    int bad = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK;
    sqlite3_busy_timeout(db, 5000);
    bad = bad ? fail(file, sqlite3_errmsg(db)) : print_rows(db, sql);
    sqlite3_close(db);
    return bad;
}

static int set_main(const char *file, const char *sql)
{
    sqlite3 *db;
    int bad = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
              sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK;
    if (bad)
        fail(file, sqlite3_errmsg(db));
    sqlite3_close(db);
    return bad;
}

static int killed_main(const char *file, const char *sql)
{
    sqlite3 *db;
    int bad = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
              sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) ||
              sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK;
    if (bad)
        return fail(file, sqlite3_errmsg(db));
    raise(SIGKILL);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "json") == 0)
        return json_main(argv[2], argv[3]);
    if (argc >= 4 && strcmp(argv[1], "npy") == 0)
        return npy_main(argv[2], argv[3], argv + 4, argc - 4);
    if (argc == 7 && strcmp(argv[1], "png") == 0)
        return png_main(argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]),
                        (unsigned)atoi(argv[5]), argv[6]);
    if (argc == 3 && strcmp(argv[1], "store") == 0)
        return store_main(argv[2]);
    if (argc == 3 && strcmp(argv[1], "finished") == 0)
        return ask_main(argv[2], "SELECT count(*) FROM run WHERE state = 'finished'");
    if (argc == 4 && strcmp(argv[1], "ask") == 0)
        return ask_main(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "set") == 0)
        return set_main(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "killed") == 0)
        return killed_main(argv[2], argv[3]);
    return fail("usage", "json FILE PATH | npy DTYPE SHAPE NUMBER...");
}
