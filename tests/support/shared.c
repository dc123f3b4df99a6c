/* shared.c - look for the shared data; see shared.h. */
#include "tests/support/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *look(const char *root, const char *name, char out[SHARED_PATH_BYTES])
{
    const int length = snprintf(out, SHARED_PATH_BYTES, "%s/%s", root, name);
    return length > 0 && length < SHARED_PATH_BYTES && access(out, R_OK) == 0 ? out : NULL;
}

const char *shared_path(const char *name, char out[SHARED_PATH_BYTES])
{
    const char *root = getenv("FH_SHARED");
    if (root) return *root ? look(root, name, out) : NULL;
    const char *found = look("../shared", name, out);
    return found ? found : look("../../shared", name, out);
}
