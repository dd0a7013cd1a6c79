/* open.c -- the library reached by dlopen alone, as other languages reach it; prints the backends that run here.
 * SPDX-License-Identifier: MIT
 */
#include <dlfcn.h>
#include <stdio.h>

int main(void) {
    void *library = dlopen("liblraptors.so", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    const char *const *(*backends)(void);
    *(void **)&backends = dlsym(library, "raptors_backends");
    if (backends == NULL)
        return 1;
    for (const char *const *name = backends(); *name != NULL; name++)
        puts(*name);
    return dlclose(library);
}
