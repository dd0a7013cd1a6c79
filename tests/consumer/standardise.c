/* standardise.c -- each column of a table to mean 0 and variance 1, by the public interface.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <raptors.h>

enum { ROWS = 4, COLS = 3 };

static int failed(raptors_status status) {
    if (status != RAPTORS_OK)
        fprintf(stderr, "%s: %s\n", raptors_status_name(status), raptors_last_error());
    return status != RAPTORS_OK;
}

int main(void) {
    double table[ROWS][COLS] = {{1, 10, -4}, {2, 20, 4}, {3, 30, -4}, {4, 40, 4}};
    double mean[COLS], std[COLS];
    raptors_array x = raptors_matrix(RAPTORS_FLOAT64, table, ROWS, COLS);
    raptors_array m = raptors_vector(RAPTORS_FLOAT64, mean, COLS);
    raptors_array s = raptors_vector(RAPTORS_FLOAT64, std, COLS);

    if (failed(raptors_mean(&x, RAPTORS_AXIS(0), &m)) || failed(raptors_std(&x, RAPTORS_AXIS(0), 0, &s)) ||
        failed(raptors_subtract(&x, &m, &x)) || failed(raptors_divide(&x, &s, &x)))
        return 1;
    for (int col = 0; col < COLS; col++) {
        double square = 0;
        for (int row = 0; row < ROWS; row++)
            square += table[row][col] * table[row][col];
        if (fabs(square - ROWS) > 1e-12)
            return 1;
    }
    raptors_array narrow = raptors_vector(RAPTORS_FLOAT64, mean, COLS - 1);
    if (raptors_add(&x, &narrow, &x) != RAPTORS_ERROR_SHAPE || strstr(raptors_last_error(), "(2,)") == NULL)
        return 1;
    printf("raptors %s on %s\n", raptors_version(), raptors_backend());
    return 0;
}
