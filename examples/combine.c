/* SPDX-License-Identifier: MIT */
/* Two gradients in conflict, and the one direction that lowers both objectives. */
#include <codescent/codescent.h>
#include <stdio.h>

int main(void)
{
    const float g1[3] = {4, 1, 0}, g2[3] = {-1, 1, 1};
    const void *rows[2] = {g1, g2};
    double w[2];
    float d[3];
    cod_message message;
    cod_solver *solver;
    cod_setup setup = {0};
    setup.m = 2; /* objectives */
    setup.n = 3; /* variables */
    if (cod_solver_alloc("mgda", &setup, &solver, &message) < 0)
        return puts(message.text), 1;
    cod_status status =
        cod_solver_step(solver, NULL, rows, COD_FLOAT32, w, d, COD_FLOAT32, NULL);
    if (status < 0)
        puts(cod_solver_message(solver));
    else
        printf("weights %.4f %.4f, direction %.4f %.4f %.4f\n", w[0], w[1], d[0], d[1],
               d[2]);
    cod_solver_free(solver);
    return status < 0;
}
