/* status.h -- status codes and this thread's last error.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_STATUS_H
#define RP_STATUS_H

#include "raptors.h"

/* Write "function: message" as this thread's last error and return s. Too long a message is cut; nothing is
 * allocated and errno is kept. */
__attribute__((cold, format(printf, 3, 4))) raptors_status rp_fail(raptors_status s, const char *function,
                                                                   const char *format, ...);

#endif
