/* profile.h -- what was learned, to and from a file.
 * SPDX-License-Identifier: MIT
 *
 * A text of at most 64 KiB:
 *   raptors-profile 1
 *   key <what the figures depend on: version, backend, CPUs, machine>
 *   region <hot> <cold> <first>                              ns
 *   class <operation> <dtype> <layout> <slope>               10^-6 ns a byte
 *   cell <bucket> <arm> <ratio> <batches>                    of the class above; ratio to its model in 10^-3
 *   end <CRC-32 of all before this line, 8 hexadecimal digits>
 * A file is believed whole or not at all: it must be a regular file of this user's that nobody else may write, of
 * this key, and each number in its place. Even so it is no more than a prior: a cell is worth one batch.
 */
#ifndef RP_PROFILE_H
#define RP_PROFILE_H

#include "process.h"

enum { RP_PROFILE_MOST = 1 << 16 };

/* NULL, or what went wrong; the JSON tells it too. errno is kept. */
const char *rp_profile_save_to(rp_process *p, const char *path);
const char *rp_profile_load_from(rp_process *p, const char *path);

/* Believe a text of this length, which is followed by a 0; NULL, or why not (then nothing has changed). */
const char *rp_profile_read(rp_process *p, const char *text, size_t length);
/* Write one; the length. */
size_t rp_profile_write(rp_process *p, char text[RP_PROFILE_MOST]);

#endif
