#!/bin/bash
# SPDX-License-Identifier: MIT
# The manual page, made from the program's own help, so that the two cannot differ.
# usage: man.sh PROGRAM >codescent.1
set -euo pipefail
export LC_ALL=C

program=$1
verbs='list show combine replay run results merge plot reproduce check bench'

# Text as roff shows it: backslashes, hyphens that are to be typed, dots that begin a line.
escape()
{
    sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\&&/"
}

version=$("$program" --version)
cat <<END
.TH CODESCENT 1 "" "$version" "User commands"
.SH NAME
codescent \- gradient\-based multi\-objective optimization
.SH SYNOPSIS
.B codescent
.I verb
.RI [ options ]
.SH DESCRIPTION
Turns the gradients of several objectives into one step by published methods, runs
such methods on problems to a Pareto front, and reproduces published experiments.
Results go to standard output or into a new folder; everything else goes to standard
error.
A method is written with its options as in
.BR 'mgda(normalize=l2)' ;
lists in it as
.BR 'linear(weights=3:1)' .
END
for verb in $verbs; do
    printf '.SH "CODESCENT %s"\n.nf\n' "${verb^^}"
    "$program" "$verb" --help | escape
    printf '.fi\n'
done
cat <<'END'
.SH "EXIT STATUS"
.TP
.B 0
Finished, and wrote its results.
.TP
.B 1
The run failed, or its output could not be written.
.TP
.B 2
Wrong usage, or bad data in a file.
.TP
.B 3
Finished, but a requested tolerance or a published outcome was not met, or a comparison
of benchmarks found something slower.
.TP
.B 4
Finished, but a figure could not be drawn: its data and its script are there.
.TP
.B 130
Interrupted (Ctrl\-C, SIGTERM or SIGHUP); what had finished is saved.
.SH ENVIRONMENT
.TP
.B CODESCENT_PLOTS
The folder of the figures' gnuplot templates, in place of the installed one.
.SH FILES
A result folder is made anew; where the name is taken, \-001, \-002 and so on are tried,
and the real name is printed.
Its
.I manifest.json
says \(dqcomplete\(dq: true once everything is written.
.SH EXAMPLES
.nf
printf '4 1 0\en\-1 1 1\en' | codescent combine \-\-method mgda \-
codescent run fonseca \-\-method mgda,linear \-\-starts 50
codescent run zdt1 \-\-method mgda,linear \-\-seeds 10
codescent results results/zdt1
codescent reproduce toy2d
.fi
.SH "SEE ALSO"
.BR gnuplot (1)
END
