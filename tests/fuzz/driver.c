/* SPDX-License-Identifier: MPL-2.0 */
/* Runs a fuzz target over a folder without a fuzz engine: each file, each of its beginnings, and the file
 * with one byte changed. Prints how many inputs passed; a fault stops the program. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"

enum { FILE_MAX = 1 << 20, VARIANTS_MAX = 256 };

/* Exact copies on the heap, so that reading past the end is seen. */
static void run(const uint8_t *data, size_t size, size_t changed, uint8_t change)
{
    uint8_t *copy = malloc(size ? size : 1);

    FUZZ_CHECK(copy != NULL);
    if (size != 0)
        memcpy(copy, data, size);
    if (changed < size)
        copy[changed] ^= change;
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static size_t run_file(const char *path)
{
    static uint8_t data[FILE_MAX];
    FILE *file = fopen(path, "rb");
    size_t size = 0, step = 0, runs = 1;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    size = fread(data, 1, sizeof data, file);
    fclose(file);
    run(data, size, size, 0);
    step = size / VARIANTS_MAX + 1;
    for (size_t i = 0; i < size; i += step, runs += 2) {
        run(data, i, size, 0);
        run(data, size, i, (uint8_t)(1 + i % 255));
    }
    return runs;
}

int main(int argc, char **argv)
{
    size_t files = 0, runs = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        struct dirent *entry = NULL;
        char path[4096];

        while (folder != NULL && (entry = readdir(folder)) != NULL) {
            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            runs += run_file(path);
            files++;
        }
        if (folder != NULL)
            closedir(folder);
    }
    if (files == 0) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER... (none with files was given)\n", argv[0]);
        return 1;
    }
    printf("%zu files, %zu inputs\n", files, runs);
    printf("ok: %zu cases\n", files);
    return 0;
}
