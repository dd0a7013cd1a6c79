/* numpy_order.c -- sums in NumPy's order of addition.
 * SPDX-License-Identifier: MIT
 */
#include "numpy_order.h"

#include <math.h>
#include <stdlib.h>

#define NUMPY_ORDER(T)                                                                                       \
    static T pairwise_##T(const T *x, int64_t n) {                                                           \
        if (n < 8) {                                                                                         \
            T sum = (T)-0.0;                                                                                 \
            for (int64_t i = 0; i < n; i++)                                                                  \
                sum += x[i];                                                                                 \
            return sum;                                                                                      \
        }                                                                                                    \
        if (n <= 128) {                                                                                      \
            T r[8];                                                                                          \
            int64_t i;                                                                                       \
            for (int k = 0; k < 8; k++)                                                                      \
                r[k] = x[k];                                                                                 \
            for (i = 8; i < n - n % 8; i += 8)                                                               \
                for (int k = 0; k < 8; k++)                                                                  \
                    r[k] += x[i + k];                                                                        \
            T sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));                       \
            for (; i < n; i++)                                                                               \
                sum += x[i];                                                                                 \
            return sum;                                                                                      \
        }                                                                                                    \
        int64_t half = n / 2;                                                                                \
        half -= half % 8;                                                                                    \
        return pairwise_##T(x, half) + pairwise_##T(x + half, n - half);                                     \
    }                                                                                                        \
                                                                                                             \
    static void sum_##T(const T *x, int64_t rows, int64_t cols, int axis, T *out) {                          \
        for (int64_t j = 0; axis == 0 && j < cols; j++)                                                      \
            out[j] = 0;                                                                                      \
        for (int64_t i = 0; i < rows; i++, x += cols) {                                                      \
            if (axis == 1)                                                                                   \
                out[i] = 0 + pairwise_##T(x, cols);                                                          \
            for (int64_t j = 0; axis == 0 && j < cols; j++)                                                  \
                out[j] += x[j];                                                                              \
        }                                                                                                    \
    }                                                                                                        \
                                                                                                             \
    static void product_##T(const T *x, int64_t rows, int64_t cols, int axis, T *out) {                      \
        for (int64_t k = 0; k < (axis ? rows : cols); k++)                                                   \
            out[k] = 1;                                                                                      \
        for (int64_t i = 0; i < rows; i++)                                                                   \
            for (int64_t j = 0; j < cols; j++)                                                               \
                out[axis ? i : j] *= x[i * cols + j];                                                        \
    }                                                                                                        \
                                                                                                             \
    static void mean_##T(const T *x, int64_t rows, int64_t cols, int axis, T *out) {                         \
        sum_##T(x, rows, cols, axis, out);                                                                   \
        for (int64_t k = 0; k < (axis ? rows : cols); k++)                                                   \
            out[k] /= (T)(axis ? cols : rows);                                                               \
    }                                                                                                        \
                                                                                                             \
    static void variance_##T(const T *x, int64_t rows, int64_t cols, int axis, T *out) {                     \
        T *squares = calloc((size_t)(rows * cols), sizeof(T));                                               \
        mean_##T(x, rows, cols, axis, out);                                                                  \
        for (int64_t i = 0; i < rows; i++)                                                                   \
            for (int64_t j = 0; j < cols; j++) {                                                             \
                T distance = x[i * cols + j] - out[axis ? i : j];                                            \
                squares[i * cols + j] = distance * distance;                                                 \
            }                                                                                                \
        mean_##T(squares, rows, cols, axis, out);                                                            \
        free(squares);                                                                                       \
    }                                                                                                        \
                                                                                                             \
    static void reduce_##T(ts_np op, const T *x, int64_t rows, int64_t cols, int axis, T *out) {             \
        switch (op) {                                                                                        \
        case TS_NP_SUM:                                                                                      \
            sum_##T(x, rows, cols, axis, out);                                                               \
            break;                                                                                           \
        case TS_NP_MEAN:                                                                                     \
            mean_##T(x, rows, cols, axis, out);                                                              \
            break;                                                                                           \
        case TS_NP_PROD:                                                                                     \
            product_##T(x, rows, cols, axis, out);                                                           \
            break;                                                                                           \
        default:                                                                                             \
            variance_##T(x, rows, cols, axis, out);                                                          \
            for (int64_t k = 0; op == TS_NP_STD && k < (axis ? rows : cols); k++)                            \
                out[k] = (T)sqrt((double)out[k]);                                                            \
        }                                                                                                    \
    }
NUMPY_ORDER(float)
NUMPY_ORDER(double)

void ts_numpy_reduce(ts_np op, raptors_dtype t, const void *x, int64_t rows, int64_t cols, int axis,
                     void *out) {
    if (t == RAPTORS_FLOAT32)
        reduce_float(op, x, rows, cols, axis, out);
    else
        reduce_double(op, x, rows, cols, axis, out);
}
