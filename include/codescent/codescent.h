/* SPDX-License-Identifier: MIT */
/** @file codescent.h
 *  Everything: gradient-based multi-objective optimization. */
#ifndef CODESCENT_CODESCENT_H
#define CODESCENT_CODESCENT_H

#include <codescent/cone.h>
#include <codescent/descent.h>
#include <codescent/front.h>
#include <codescent/gramian.h>
#include <codescent/method.h>
#include <codescent/minnorm.h>
#include <codescent/options.h>
#include <codescent/problem.h>
#include <codescent/random.h>
#include <codescent/solver.h>
#include <codescent/status.h>

#endif
