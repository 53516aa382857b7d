/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/program.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "lab/json.h"
#include "lab/lab.h"

int complain(int code, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *c = line; *c != '\0'; c++) /* of names that were given: one line */
        if (iscntrl((unsigned char)*c))
            *c = '?';
    fprintf(stderr, "codescent: %s\n", line);
    return code;
}

int status_code(cod_status status)
{
    switch ((int)status) {
    case COD_EINTERRUPTED:
        return EXIT_INTERRUPTED;
    case COD_EMEMORY:
    case COD_ENUMERIC:
    case COD_ECALLBACK:
        return EXIT_FAILED;
    case COD_EFIGURE:
        return EXIT_NO_FIGURE;
    default:
        return EXIT_USAGE;
    }
}

int complain_status(cod_status status, const cod_message *message)
{
    if (status == COD_EINTERRUPTED)
        return complain(EXIT_INTERRUPTED, "interrupted");
    return complain(status_code(status), "%s",
                    message != NULL && message->text[0] != '\0'
                        ? message->text
                        : cod_status_text(status));
}

/* ---- the interrupt ---- */

volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    action.sa_flags = (int)SA_RESETHAND; /* a second one ends the program at once */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL); /* else `nohup` began it */
    /* Ctrl-C ends what reads our output, too; the results are still to be saved. */
    signal(SIGPIPE, SIG_IGN);
}

/* ---- progress ---- */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

progress_line progress_begin(const char *what, int quiet)
{
    return (progress_line){
        .shown = !quiet && isatty(STDERR_FILENO), .begun = now(), .what = what};
}

/* " 4 min" and the like; as long as the runs so far say. */
static void print_left(const progress_line *line, const cod_sweep_progress *progress)
{
    size_t done = progress->done - progress->stored;
    double seconds = done == 0 ? 0
                               : (now() - line->begun) / (double)done *
                                     (double)(progress->total - progress->done);
    if (done == 0)
        return;
    if (seconds < 90)
        fprintf(stderr, ", %.0f s left", ceil(seconds));
    else if (seconds < 5400)
        fprintf(stderr, ", %.0f min left", seconds / 60);
    else
        fprintf(stderr, ", %.1f h left", seconds / 3600);
}

void progress_show(void *line, const cod_sweep_progress *progress)
{
    progress_line *shown = line;
    if (!shown->shown ||
        (now() - shown->last < 0.2 && progress->done < progress->total))
        return;
    shown->last = now();
    fprintf(stderr, "\r\033[K%s: %zu of %zu", shown->what, progress->done,
            progress->total);
    if (progress->failed > 0)
        fprintf(stderr, ", %zu failed", progress->failed);
    print_left(shown, progress);
    fflush(stderr);
}

void progress_end(progress_line *line)
{
    if (line->shown && line->last > 0)
        fputs("\r\033[K", stderr);
}

/* ---- JSON ---- */

int print_json(json_t *document)
{
    cod_message message = {{0}};
    cod_status status = cod_json_write(document, stdout, &message);
    json_decref(document);
    if (status == COD_OK || ferror(stdout)) /* which main() complains of, once */
        return EXIT_DONE;
    return complain(EXIT_FAILED, "%s", message.text);
}
