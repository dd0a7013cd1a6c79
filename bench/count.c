/* count.c -- a plugin of the emulator QEMU: how many instructions a program runs between its marks.
 * SPDX-License-Identifier: MIT
 *
 * The program marks with a system call that does not exist, number MARK; at each one the count so far goes to stderr, a line
 * each. The declarations are those of QEMU's plugin interface that it uses (its documentation: "QEMU TCG Plugins"); Debian
 * has no header of it. The program has one thread.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "count.h"

#ifndef INTERFACE
#define INTERFACE 1 /* of QEMU before 9; from 9 on it is 2 */
#endif

typedef uint64_t plugin_id;
typedef struct block block;

enum { NO_REGISTERS = 0 };

extern int qemu_plugin_version;
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*seen)(plugin_id, block *));
void qemu_plugin_register_vcpu_tb_exec_cb(block *b, void (*runs)(unsigned, void *), int registers,
                                          void *data);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id id, void (*calls)(plugin_id, unsigned, int64_t, uint64_t,
                                                                      uint64_t, uint64_t, uint64_t, uint64_t,
                                                                      uint64_t, uint64_t, uint64_t));
size_t qemu_plugin_tb_n_insns(const block *b);

int qemu_plugin_version = INTERFACE;

static uint64_t count;

static void runs(unsigned cpu, void *instructions) {
    (void)cpu;
    count += (uintptr_t)instructions;
}

static void seen(plugin_id id, block *b) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(b, runs, NO_REGISTERS, (void *)(uintptr_t)qemu_plugin_tb_n_insns(b));
}

static void calls(plugin_id id, unsigned cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                  uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
    (void)id, (void)cpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number == MARK) {
        fprintf(stderr, "%" PRIu64 "\n", count);
    }
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    (void)info, (void)argc, (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, seen);
    qemu_plugin_register_vcpu_syscall_cb(id, calls);
    return 0;
}
