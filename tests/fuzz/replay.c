/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target without a fuzzer: every file of the folders given, then the same
 * files changed in ways that are the same in every run.
 *
 * usage: replay MUTATIONS PATH...    (of each file; a PATH is a file or a folder)
 *
 * The target runs in a process of its own, so that the input that ended it can be kept:
 * it is written to finding-PROGRAM. */
#include "fuzz.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILES_MOST = 4096, INPUT_MOST = 1 << 16 };

typedef struct input {
    size_t size;
    size_t runs;
    char name[256];
    uint8_t data[INPUT_MOST];
} input;

/* ---- the files ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The files of a folder in the order of their names, behind those there are. */
static size_t list_folder(const char *path, char **files, size_t count)
{
    size_t first = count;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return count;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.' || count == FILES_MOST)
            continue;
        size_t size = strlen(path) + strlen(entry->d_name) + 2;
        files[count] = fuzz_memory(size);
        snprintf(files[count++], size, "%s/%s", path, entry->d_name);
    }
    closedir(folder);
    qsort(files + first, count - first, sizeof *files, by_name);
    return count;
}

static size_t list_files(char *const *paths, size_t path_count, char **files)
{
    size_t count = 0;
    for (size_t k = 0; k < path_count; k++) {
        struct stat about;
        if (stat(paths[k], &about) == 0 && S_ISDIR(about.st_mode)) {
            count = list_folder(paths[k], files, count);
        } else if (count < FILES_MOST) {
            files[count] = strdup(paths[k]);
            require(files[count++] != NULL, "no memory");
        }
    }
    return count;
}

static size_t read_file(const char *path, uint8_t *ret_data)
{
    FILE *stream = fopen(path, "rb");
    require(stream != NULL, "%s cannot be read", path);
    size_t size = fread(ret_data, 1, INPUT_MOST, stream);
    fclose(stream);
    return size;
}

/* ---- changes ---- */

static size_t below(fuzz_input *random, size_t limit)
{
    return limit > 0 ? (size_t)(fuzz_draw(random) % limit) : 0;
}

/* Bytes and words that are the edges of something. */
static void put_edge(fuzz_input *random, input *in)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     UINT64_MAX,
                                     UINT64_C(1) << 63,
                                     INT64_MAX,
                                     UINT64_C(0x7ff0000000000000),
                                     UINT64_C(0x7ff8000000000000),
                                     UINT64_C(0x3ff0000000000000),
                                     UINT64_C(0x0010000000000000),
                                     UINT64_C(0x7fefffffffffffff)};
    uint64_t word = edges[below(random, sizeof edges / sizeof *edges)];
    size_t width = (size_t)1 << below(random, 4);
    if (in->size >= width)
        memcpy(in->data + below(random, in->size - width + 1), &word, width);
}

/* Moves what stands at `from` to `to`: takes bytes out, or makes room. */
static void shift(input *in, size_t from, size_t to)
{
    if (in->size + to - from > INPUT_MOST)
        return;
    memmove(in->data + to, in->data + from, in->size - from);
    in->size = in->size + to - from;
}

static void change_once(fuzz_input *random, input *in)
{
    size_t at = below(random, in->size), length = 1 + below(random, 8);
    length = at + length > in->size ? in->size - at : length;
    switch (below(random, 6)) {
    case 0:
        if (in->size > 0)
            in->data[at] = (uint8_t)(in->data[at] ^ 1U << below(random, 8));
        break;
    case 1:
        if (in->size > 0)
            in->data[at] = (uint8_t)fuzz_draw(random);
        break;
    case 2:
        put_edge(random, in);
        break;
    case 3:
        shift(in, at + length, at);
        break;
    case 4: /* twice */
        shift(in, at, at + length);
        break;
    default: /* a copy elsewhere */
        memmove(in->data + below(random, in->size - length + 1), in->data + at, length);
    }
}

/* ---- running ---- */

static void run(input *in)
{
    uint8_t *exact = fuzz_memory(in->size);
    memcpy(exact, in->data, in->size);
    in->runs++;
    LLVMFuzzerTestOneInput(exact, in->size);
    free(exact);
}

static void run_file(const char *path, size_t mutations, input *in)
{
    static uint8_t bytes[INPUT_MOST];
    size_t size = read_file(path, bytes);
    fuzz_input random = fuzz_begin(bytes, size);
    for (size_t k = 0; k <= mutations; k++) {
        size_t changes = k == 0 ? 0 : 1 + below(&random, 4);
        snprintf(in->name, sizeof in->name, "%s, change %zu", path, k);
        in->size = size;
        memcpy(in->data, bytes, size);
        while (changes-- > 0)
            change_once(&random, in);
        run(in);
    }
}

/* In the child. */
static int run_all(char *const *files, size_t count, size_t mutations, input *in)
{
    run(in); /* the empty input */
    for (size_t k = 0; k < count; k++)
        run_file(files[k], mutations, in);
    snprintf(in->name, sizeof in->name, "the end (a leak?)");
    return 0;
}

static void keep_finding(const input *in, const char *program)
{
    char path[256];
    const char *name = strrchr(program, '/');
    snprintf(path, sizeof path, "finding-%s", name != NULL ? name + 1 : program);
    fprintf(stderr, "stopped at %s; these %zu bytes are in %s\n", in->name, in->size,
            path);
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(in->data, 1, in->size, stream) != in->size)
        fprintf(stderr, "%s cannot be written\n", path);
    if (stream != NULL)
        fclose(stream);
}

int main(int argc, char **argv)
{
    static char *files[FILES_MOST];
    if (argc < 3)
        return fprintf(stderr, "usage: %s MUTATIONS PATH...\n", argv[0]), 2;
    size_t count = list_files(argv + 2, (size_t)argc - 2, files);
    input *in = mmap(NULL, sizeof *in, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(in != MAP_FAILED && count > 0, "no memory, or no file to run");
    pid_t child = fork();
    require(child >= 0, "no process");
    int status = 1;
    if (child == 0)
        exit(run_all(files, count, strtoul(argv[1], NULL, 10), in));
    require(waitpid(child, &status, 0) == child, "the process is lost");
    if (status != 0)
        keep_finding(in, argv[0]);
    else
        printf("%zu inputs from %zu files\n", in->runs, count);
    for (size_t k = 0; k < count; k++)
        free(files[k]);
    return status != 0;
}
