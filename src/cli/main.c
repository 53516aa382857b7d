/* SPDX-License-Identifier: GPL-3.0-or-later */
/* codescent: the program. */
#include <signal.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "cli/program.h"
#include "core/spec.h"
#include "lab/json.h"
#include "lab/results.h"

static const verb *const verbs[] = {
    &verb_combine,   &verb_replay, &verb_run,  &verb_results, &verb_merge, &verb_plot,
    &verb_reproduce, &verb_list,   &verb_show, &verb_check,   &verb_bench,
};

static const char *verb_name_at(const void *list, size_t k)
{
    return ((const verb *const *)list)[k]->name;
}

static void print_help(void)
{
    puts("usage: codescent VERB [options]\n\n"
         "Gradient-based multi-objective optimization: combine gradients by "
         "published\n"
         "methods, run problems to a Pareto front, reproduce published experiments.\n");
    for (size_t k = 0; k < COUNT(verbs); k++)
        printf("  %-10s %s\n", verbs[k]->name, verbs[k]->summary);
    puts("\n`codescent VERB --help` shows a verb's options, `codescent --version` the "
         "release.\n\n"
         "Exit codes: 0 finished; 1 the run failed; 2 wrong usage or bad input; 3 "
         "finished,\nbut a requested tolerance or a published figure was not met, or a "
         "benchmark is\nslower than it was; 4 finished, but a figure could not be "
         "drawn; "
         "130 interrupted,\npartial results saved.");
}

static int is_one_of(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

static int dispatch(int argc, char **argv)
{
    static char help_option[] = "--help";
    char *of_verb[] = {argv[0], argc > 2 ? argv[2] : NULL, help_option, NULL};
    if (argc == 3 && strcmp(argv[1], "help") == 0)
        argv = of_verb; /* help VERB is VERB --help */
    const char *name = argc > 1 ? argv[1] : "--help";
    if (is_one_of(name, "--help", "-h") || strcmp(name, "help") == 0) {
        print_help();
        return argc > 1 ? EXIT_DONE : EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        printf("codescent %s\n", cod_version());
        return EXIT_DONE;
    }
    for (size_t k = 0; k < COUNT(verbs); k++)
        if (strcmp(verbs[k]->name, name) == 0)
            return verb_main(verbs[k], argc - 1, argv + 1);
    cod_message message = {{0}};
    cod_fail_name(&message, name[0] == '-' ? "option" : "verb", name, verbs,
                  COUNT(verbs), verb_name_at);
    return complain(EXIT_USAGE, "%s (codescent --help)", message.text);
}

int main(int argc, char **argv)
{
    /* GSL's handler would abort, and a file at its limit of size end the program; every
     * call is checked instead. */
    gsl_set_error_handler_off();
    signal(SIGXFSZ, SIG_IGN);
    cod_json_begin();
    int code = dispatch(argc, argv);
    cod_message message = {{0}};
    if (cod_stream_check(stdout, "standard output", &message) != COD_OK)
        return complain(code == EXIT_DONE ? EXIT_FAILED : code, "%s", message.text);
    return code;
}
