/* SPDX-License-Identifier: MIT */
/* Two gradients in conflict, and the one direction that serves both. */
#include <codescent/codescent.h>
#include <stdio.h>

int main(void)
{
    const float g1[3] = {4, 1, 0}, g2[3] = {-1, 1, 1};
    const void *rows[2] = {g1, g2};
    double losses[2] = {0.7, 0.2}, weights[2];
    float direction[3];
    cod_setup setup = {0};
    cod_solver *solver;
    cod_message message;

    setup.m = 2; /* objectives */
    setup.n = 3; /* variables */
    if (cod_solver_alloc("mgda", &setup, &solver, &message) != COD_OK)
        return fprintf(stderr, "%s\n", message.text), 1;
    cod_status status = cod_solver_step(solver, losses, rows, COD_FLOAT32, weights,
                                        direction, COD_FLOAT32, NULL);
    if (status < 0)
        fprintf(stderr, "%s\n", cod_solver_message(solver));
    else
        printf("weights %.4f %.4f, direction %.4f %.4f %.4f\n", weights[0], weights[1],
               direction[0], direction[1], direction[2]);
    cod_solver_free(solver);
    return status < 0;
}
