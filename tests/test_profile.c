/* test_profile.c -- the profile: what goes out comes back, and nothing odd is believed.
 * SPDX-License-Identifier: MIT
 *
 * labels: telemetry
 */
#include "profile.h"

#include "support/check.h"
#include "support/prng.h"
#include "support/worlds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"

static char folder[] = "/tmp/raptors-profile-XXXXXX", path[128];
static char text[RP_PROFILE_MOST + 4096];
static uint64_t now = 1;

static uint64_t hand_clock(void) {
    return now;
}

static rp_answer play(rp_process *p, rp_thread *t, int64_t bytes, uint64_t alone, uint64_t team) {
    rp_question q = {.class_index = rp_class_of(RP_CALL_mean, RAPTORS_FLOAT64, RP_LAYOUT_rows),
                     .team = 2,
                     .bytes = bytes,
                     .parts = 64};
    rp_answer a;
    rp_learner_ask(&p->learner, t, &q, &a);
    now += a.members > 1 ? team : alone;
    rp_learner_tell(&p->learner, t, &q, &a, &(rp_outcome){.members = a.members});
    now += 500;
    return a;
}

/* A process that has learned `places` sizes. */
static rp_process *learned(int places) {
    rp_process *p = ts_new_process(hand_clock);
    rp_thread t = {0};
    for (int i = 0; i < 400 * places; i++) {
        int64_t bytes = (int64_t)1 << (20 + i % places);
        play(p, &t, bytes, (uint64_t)bytes / 40, (uint64_t)bytes / 70 + 800);
    }
    return p;
}

static rp_spot spot_of(int64_t bytes) {
    return (rp_spot){rp_class_of(RP_CALL_mean, RAPTORS_FLOAT64, RP_LAYOUT_rows), rp_bucket_of(bytes)};
}

static void write_file(const char *content, size_t length) {
    unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(file, content, length), (ssize_t)length);
    close(file);
}

/* The test's own, so that only the content is wrong. */
static uint32_t checksum(const char *s, size_t n) {
    uint32_t crc = ~0u;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint8_t)s[i];
        for (int k = 0; k < 8; k++) {
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
        }
    }
    return ~crc;
}

static size_t good_text(rp_process *p) {
    size_t length = rp_profile_write(p, text);
    text[length] = '\0';
    return length;
}

/* text with its first `from` made `to`, and its checksum right. */
static size_t changed_text(const char *from, const char *to) {
    static char old[sizeof text];
    strcpy(old, text);
    char *at = strstr(old, from);
    assert_non_null(at);
    size_t body =
        (size_t)(snprintf(text, sizeof text, "%.*s%s%s", (int)(at - old), old, to, at + strlen(from)) - 13);
    return body + (size_t)sprintf(text + body, "end %08x\n", checksum(text, body));
}

static int set_up(void **state) {
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/profile", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void what_is_saved_comes_back_as_priors(void **state) {
    (void)state;
    rp_process *p = learned(3), *q = ts_new_process(hand_clock);
    errno = 77;
    assert_null(rp_profile_save_to(p, path));
    assert_null(rp_profile_load_from(q, path));
    assert_int_equal(errno, 77);
    assert_int_equal(q->profile_state, RP_PROFILE_loaded);
    for (int i = 0; i < 3; i++) {
        rp_spot s = spot_of((int64_t)1 << (20 + i));
        rp_cell *was = rp_place_at(&p->learner, s)->arm, *is = rp_place_at(&q->learner, s)->arm;
        assert_true(was[RP_ARM_hot].batches > 1 && is[RP_ARM_hot].batches == 1);
        float off = is[RP_ARM_hot].median / was[RP_ARM_hot].median;
        ts_check(off > 0.98F && off < 1.02F, "ratio %g came back as %g", (double)was[RP_ARM_hot].median,
                 (double)is[RP_ARM_hot].median);
    }
    free(p);
    free(q);
}

static void believed(rp_process *p, size_t length) {
    const char *trouble = rp_profile_read(p, text, length);
    ts_check(trouble == NULL, "not believed: %s", trouble);
}

static void not_believed(rp_process *p, size_t length, const char *what) {
    static rp_cell before;
    const rp_cell *cell = &rp_place_at(&p->learner, spot_of(1 << 20))->arm[RP_ARM_alone];
    before = *cell;
    const char *trouble = rp_profile_read(p, text, length);
    ts_check(trouble != NULL, "believed: %s", what);
    assert_memory_equal(cell, &before, sizeof before);
}

static void no_odd_line_is_believed(void **state) {
    (void)state;
    static const char *const odd[][2] = {
        {"raptors-profile 1", "raptors-profile 2"},
        {"a machine of the mind", "a machine of the hand"},
        {"2 CPUs", "3 CPUs"},
        {"scalar", "avx512"},
        {"region ", "region -"},
        {"region ", "region 0"},
        {"region ", "region  "},
        {"region ", "regions "},
        {"region ", "region 99999999999"},
        {"class mean", "class median"},
        {"float64", "float16"},
        {" rows ", " columns "},
        {"class mean float64 rows ", "class mean float64 rows -"},
        {"class mean float64 rows", "cell 3 alone 1000 5\nclass mean float64 rows"},
        {"cell ", "cell 48 alone 1000 5\ncell "},
        {"cell ", "cell 3 alone 1000 0\ncell "},
        {"cell ", "cell 3 alone 1000 8\ncell "},
        {"cell ", "cell 3 together 1000 5\ncell "},
        {"cell ", "cell 3 alone 1e3 5\ncell "},
        {"cell ", "cell 3 alone 1000 5 \ncell "},
        {"cell ", "cell 3 alone 1000\ncell "},
        {"cell ", "\ncell "},
        {"cell ", "note hello\ncell "},
        {"cell ", "cell 3 aloneandmuchlongerthananynamemaybe 1000 5\ncell "},
    };
    rp_process *p = learned(2);
    believed(p, good_text(p));
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        good_text(p);
        not_believed(p, changed_text(odd[i][0], odd[i][1]), odd[i][1]);
    }
    good_text(p);
    believed(p, changed_text("cell ", "cell 3 alone 1000 5\ncell ")); /* the checksum is the right one */
    free(p);
}

static void no_part_of_a_file_is_believed(void **state) {
    (void)state;
    rp_process *p = learned(2);
    size_t length = good_text(p);
    for (size_t n = 0; n < length; n++) {
        not_believed(p, n, "a part");
    }
    for (size_t i = 0; i < length; i++) {
        for (int bit = 0; bit < 8; bit += 3) {
            text[i] ^= (char)(1 << bit);
            not_believed(p, length, "a flipped bit");
            text[i] ^= (char)(1 << bit);
        }
    }
    believed(p, length);
    free(p);
}

static void what_is_not_ours_alone_is_not_believed(void **state) {
    (void)state;
    rp_process *p = learned(1);
    size_t length = good_text(p);
    char other[160];
    snprintf(other, sizeof other, "%s/other", folder);
    unlink(path);
    assert_string_equal(rp_profile_load_from(p, path), "no such file");
    assert_int_equal(p->profile_state, RP_PROFILE_absent);

    write_file(text, length);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_string_equal(rp_profile_load_from(p, path), "a symbolic link");
    assert_int_equal(p->profile_state, RP_PROFILE_ignored);

    write_file(text, length);
    assert_null(rp_profile_load_from(p, path));
    chmod(path, 0660);
    assert_string_equal(rp_profile_load_from(p, path), "others may write it");
    chmod(path, 0602);
    assert_string_equal(rp_profile_load_from(p, path), "others may write it");
    chmod(path, 0644);
    assert_null(rp_profile_load_from(p, path));
    if (chown(path, 12345, (gid_t)-1) == 0) { /* only root can give files away */
        assert_string_equal(rp_profile_load_from(p, path), "not this user's file");
    }

    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_string_equal(rp_profile_load_from(p, path), "not a regular file");
    unlink(path);
    assert_string_equal(rp_profile_load_from(p, folder), "not a regular file");

    memset(text + length, '\n', sizeof text - length);
    write_file(text, RP_PROFILE_MOST + 1);
    assert_string_equal(rp_profile_load_from(p, path), "larger than 64 KiB");
    free(p);
}

static void what_cannot_be_saved_is_said(void **state) {
    (void)state;
    rp_process *p = learned(1);
    char nowhere[160];
    snprintf(nowhere, sizeof nowhere, "%s/no/such/folder", folder);
    assert_string_equal(rp_profile_save_to(p, nowhere), "its folder cannot be written");
    assert_int_equal(p->profile_state, RP_PROFILE_unsaved);
    static char longest[8192];
    memset(longest, 'x', sizeof longest - 1);
    assert_string_equal(rp_profile_save_to(p, longest), "the path is too long");
    free(p);
}

static void much_learned_still_fits(void **state) {
    (void)state;
    rp_process *p = ts_new_process(hand_clock), *q = ts_new_process(hand_clock);
    for (int c = 0; c < RP_CLASSES; c++) {
        p->learner.classes[c].seen = RP_FIRST_CALLS;
        for (int b = 0; b < RP_BUCKETS; b++) {
            for (int arm = 0; arm < RP_ARM_COUNT; arm++) {
                rp_cell_assume(&p->learner.places[c][b].arm[arm], 12.345F);
                p->learner.places[c][b].arm[arm].level = 1;
            }
        }
    }
    size_t length = good_text(p);
    assert_true(length <= RP_PROFILE_MOST && length > RP_PROFILE_MOST - 256);
    believed(q, length);
    free(p);
    free(q);
}

/* A file that says the opposite of the truth costs some calls, no more. */
static void a_lying_profile_is_overruled(void **state) {
    (void)state;
    for (int team_pays = 0; team_pays < 2; team_pays++) {
        rp_process *p = learned(1);
        rp_thread t = {0};
        good_text(p);
        char lie[400];
        snprintf(lie, sizeof lie, "cell 12 alone %d 7\ncell 12 hot %d 7\ncell 12 cold %d 7\ncell ",
                 team_pays ? 1 : 999999, team_pays ? 999999 : 1, team_pays ? 999999 : 1);
        believed(p, changed_text("cell ", lie));
        int wrong = 0;
        for (int i = 0; i < 2000; i++) {
            rp_answer a = play(p, &t, 1 << 20, 30000, team_pays ? 16000 : 60000);
            wrong += (a.members > 1) != team_pays && a.reason != RP_REASON_probe;
        }
        rp_decision d = rp_decision_unpack(rp_decided(&p->learner, spot_of(1 << 20)));
        assert_int_equal(d.team[1], team_pays);
        printf("a lie about a team that %s: %d of 2,000 calls the wrong way\n", team_pays ? "pays" : "loses",
               wrong);
        ts_check(wrong <= 800, "%d calls", wrong); /* most of them before a pool has paid */
        free(p);
    }
}

static pid_t keep_saving(rp_process *p) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* where a check fails, nobody else ends it */
        while (rp_profile_save_to(p, path) == NULL) {
        }
        _exit(1);
    }
    return child;
}

/* It ends by this alone: a save that fails ends it earlier. */
static void stop_saving(pid_t child) {
    int status;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    ts_check(WIFSIGNALED(status), "a profile could not be saved");
}

/* Of 32 processes that save at once, each killed at some moment, and one that loads all the while. The first are not killed
   before one of them has saved: an emulator may take longer to fork than a round lasts. */
static void there_is_always_one_whole_file(void **state) {
    (void)state;
    rp_process *p = ts_new_process(hand_clock), *small = learned(1), *large = learned(5);
    ts_prng g = {7};
    int loads = 0;
    unlink(path);
    for (int round = 0; round < 16; round++) {
        pid_t a = keep_saving(small), b = keep_saving(large);
        for (int end = (int)ts_below(&g, 60); end >= 0 || loads == 0; end--) {
            const char *trouble = rp_profile_load_from(p, path);
            ts_check(trouble == NULL || p->profile_state == RP_PROFILE_absent, "round %d: %s", round,
                     trouble);
            loads += trouble == NULL;
            usleep((useconds_t)ts_below(&g, 1000));
        }
        stop_saving(a);
        stop_saving(b);
        const char *trouble = rp_profile_load_from(p, path);
        ts_check(trouble == NULL, "after round %d: %s", round, trouble);
    }
    printf("%d whole files read\n", loads);
    free(p);
    free(small);
    free(large);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_comes_back_as_priors),
        cmocka_unit_test(no_odd_line_is_believed),
        cmocka_unit_test(no_part_of_a_file_is_believed),
        cmocka_unit_test(what_is_not_ours_alone_is_not_believed),
        cmocka_unit_test(what_cannot_be_saved_is_said),
        cmocka_unit_test(much_learned_still_fits),
        cmocka_unit_test(a_lying_profile_is_overruled),
        cmocka_unit_test(there_is_always_one_whole_file),
    };
    return cmocka_run_group_tests_name("profile", tests, set_up, tear_down);
}
