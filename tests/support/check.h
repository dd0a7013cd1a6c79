/* check.h -- CMocka with what it needs before it, and a failure that says what was being tried.
 * SPDX-License-Identifier: MIT
 */
#ifndef TS_CHECK_H
#define TS_CHECK_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

/* Fail with a sentence: `fail_msg` of CMocka, but only where the condition is false. */
#define ts_check(condition, ...)                                                                             \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg(__VA_ARGS__);                                                                           \
    } while (0)

#endif
