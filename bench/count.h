/* count.h -- what count.c and the program that it counts agree on.
 * SPDX-License-Identifier: MIT
 */
#ifndef COUNT_H
#define COUNT_H

enum { MARK = 8191 }; /* no system has so many system calls */

#endif
