/* status.c -- status codes and this thread's last error.
 * SPDX-License-Identifier: MIT
 */
#include "status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Two shapes of the greatest rank in one message do not fit, and are cut. The model keeps a library that is
 * opened late out of the loader's small reserve of static TLS. */
static _Thread_local char last_error[512] __attribute__((tls_model("global-dynamic")));

raptors_status rp_fail(raptors_status s, const char *function, const char *format, ...) {
    int kept = errno;
    int used = snprintf(last_error, sizeof last_error, "%s: ", function);
    if (used > 0 && (size_t)used < sizeof last_error) {
        va_list values;
        va_start(values, format);
        vsnprintf(last_error + used, sizeof last_error - (size_t)used, format, values);
        va_end(values);
    }
    errno = kept;
    return s;
}

const char *raptors_last_error(void) {
    return last_error;
}

const char *raptors_status_name(raptors_status s) {
    switch (s) {
#define NAME(status)                                                                                         \
    case status:                                                                                             \
        return #status
        NAME(RAPTORS_OK);
        NAME(RAPTORS_ERROR_NULL);
        NAME(RAPTORS_ERROR_DTYPE);
        NAME(RAPTORS_ERROR_SHAPE);
        NAME(RAPTORS_ERROR_AXIS);
        NAME(RAPTORS_ERROR_OVERLAP);
        NAME(RAPTORS_ERROR_VALUE);
        NAME(RAPTORS_ERROR_UNSUPPORTED);
        NAME(RAPTORS_ERROR_NOMEM);
        NAME(RAPTORS_ERROR_IO);
#undef NAME
    }
    return "RAPTORS_ERROR_UNKNOWN";
}

const char *raptors_version(void) {
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
    return TEXT(RAPTORS_VERSION_MAJOR) "." TEXT(RAPTORS_VERSION_MINOR) "." TEXT(RAPTORS_VERSION_PATCH);
#undef TEXT
#undef TEXT_OF
}
