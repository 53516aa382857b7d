/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/spec.h"
#include "lab/figure_data.h"
#include "lab/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Is the program in $PATH? Relative entries are skipped: gnuplot starts in the result
 * folder, where they would mean something else. */
static int find_program(const char *name, char ret_path[PATH_MAX])
{
    const char *path = getenv("PATH");
    if (path == NULL)
        path = "/usr/local/bin:/usr/bin:/bin";
    while (*path != '\0') {
        size_t length = strcspn(path, ":");
        if (*path == '/' &&
            snprintf(ret_path, PATH_MAX, "%.*s/%s", (int)length, path, name) <
                PATH_MAX &&
            access(ret_path, X_OK) == 0)
            return 1;
        path += length + (path[length] == ':');
    }
    return 0;
}

/* Starts it with its complaints going to `pipe_end`; 0 or an error number. */
static int start(const char *program, const char *folder, const char *script,
                 const int pipe_ends[2], pid_t *ret_child)
{
    posix_spawn_file_actions_t actions;
    char name[] = "gnuplot", defaults[] = "-d";
    /* argv is not const, and nobody writes to it */
    char *const arguments[] = {name, defaults, (char *)script, NULL};
    int error = posix_spawn_file_actions_init(&actions);
    if (error == 0) {
        error = posix_spawn_file_actions_addchdir_np(&actions, folder);
        if (error == 0)
            error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
                                                     "/dev/null", O_RDONLY, 0);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 2);
        if (error == 0)
            error = posix_spawn(ret_child, program, &actions, NULL, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    return error;
}

/* Reads to the end, keeping the beginning. */
static void collect(int file, char *ret_text, size_t size)
{
    char rest[512];
    size_t length = 0;
    for (;;) {
        int full = length + 1 >= size;
        ssize_t count = read(file, full ? rest : ret_text + length,
                             full ? sizeof rest : size - 1 - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        length += full ? 0 : (size_t)count;
    }
    ret_text[length] = '\0';
}

/* The line of gnuplot's complaint that says what is wrong, cut out in place: it shows
 * the statement and a caret first. */
static const char *complaint(char *text)
{
    const char *first = "it said nothing";
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strstr(line, "line ") != NULL && strchr(line, ':') != NULL)
            return line;
        if (text == line)
            first = line;
    }
    return first;
}

static int wait_for(pid_t child)
{
    int state = 0;
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static cod_status run(const char *program, const char *folder, const char *script,
                      cod_message *message)
{
    char said[2048];
    int pipe_ends[2];
    pid_t child;
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return cod_fail(message, COD_EFIGURE, "gnuplot: %s", strerror(errno));
    int error = start(program, folder, script, pipe_ends, &child);
    close(pipe_ends[1]);
    if (error != 0) {
        close(pipe_ends[0]);
        return cod_fail(message, COD_EFIGURE, "gnuplot: %s", strerror(error));
    }
    collect(pipe_ends[0], said, sizeof said);
    close(pipe_ends[0]);
    int code = wait_for(child);
    if (code == 0)
        return COD_OK;
    return cod_fail(message, COD_EFIGURE, "gnuplot failed on %s: %s", script,
                    complaint(said));
}

cod_status cod_gnuplot_run(const char *folder, const char *script, cod_message *message)
{
    char program[PATH_MAX];
    if (!find_program("gnuplot", program))
        return cod_fail(message, COD_EFIGURE,
                        "gnuplot is not installed; the data and %s are written: "
                        "'gnuplot %s' in that folder draws the figure",
                        script, script);
    return run(program, folder, script, message);
}
