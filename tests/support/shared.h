/* shared.h - where the large test data lies, which is not part of the project; a test that needs it skips when it is
 * absent. */
#ifndef TESTS_SUPPORT_SHARED_H
#define TESTS_SUPPORT_SHARED_H

enum { SHARED_PATH_BYTES = 512 };

/* Path of `name` (such as "data/ud") under the folder of the environment variable FH_SHARED, or, where that is not set,
 * under ../shared or ../../shared as seen from the checkout, where tests run. Fills out and answers it; NULL when
 * absent. FH_SHARED set to nothing: absent. */
const char *shared_path(const char *name, char out[SHARED_PATH_BYTES]);

#endif
