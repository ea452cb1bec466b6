/* SPDX-License-Identifier: MPL-2.0 */
/** A seed becomes a conversation: what is said in which order, who plays Azure, how bytes are cut, how it
 *  ends. The same seed always gives the same plan. */
#ifndef HOSTILE_PLAN_H
#define HOSTILE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum step_kind {
    STEP_SPEC = 1,
    STEP_CONFIGURE,
    STEP_POST_PROCESS,
    STEP_CANCEL,
    STEP_UNKNOWN,
    STEP_RESULT,  /* dial the result and ask it everything */
    STEP_HANG_UP, /* end the control stream */
};

/* When a step may be taken. */
enum step_after {
    AFTER_NOTHING = 0,
    AFTER_ANSWERS, /* every call so far, except PostProcess, is answered */
    AFTER_ASKED,   /* the plugin asks about the artifact */
    AFTER_TOLD,    /* the plugin tells something to the user */
    AFTER_RESULT   /* PostProcess is answered */
};

struct step {
    enum step_kind kind;
    enum step_after after;
};

enum form { FORM_JSON, FORM_HCL };

enum azure_manner { AZURE_REFUSES, AZURE_MUTE, AZURE_ANSWERS };

enum cut { CUT_NONE, CUT_ODD, CUT_BYTES };

enum { PLAN_STEPS_MAX = 16, PLAN_NEVER = 1 << 30 };

struct plan {
    uint64_t seed;
    bool protobuf, old_packer;
    const char *name;
    struct step steps[PLAN_STEPS_MAX];
    size_t step_count;
    size_t span; /* frames among which the first change falls */
    int trace;   /* -1: none; else a written-down connection instead of steps */
    enum form form;
    bool blocks;     /* target_region blocks, else the compact form */
    bool source;     /* the configuration names the source, else the artifact does */
    bool odd_config; /* one field of it is wrong */
    bool heavy;      /* every text it adds is a template that works as much as it may */
    bool deletes;    /* delete_version_on_destroy */
    bool kind;       /* artifact_source, of any kind */
    enum azure_manner azure;
    unsigned odd_answers; /* percent of the answers to the plugin's calls */
    enum cut cut;
    bool reads;      /* false: nothing is read until the end */
    bool lingers;    /* when nothing moves, look whether the plugin rests */
    bool half_close; /* end by closing our direction only, and read to the end */
    size_t close_at; /* bytes after which the host is gone; PLAN_NEVER */
};

/** @param traces how many written-down connections there are. */
void plan_make(uint64_t seed, int traces, struct plan *out);
/** One line: what the seed stands for. */
void plan_print(const struct plan *plan);

#endif
