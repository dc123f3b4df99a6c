/* openapi.h - what can be asked, told to programs (OpenAPI 3.1) and to people, both from the table of route.c. */
#ifndef FHI_OPENAPI_H
#define FHI_OPENAPI_H

#include "engine/base/base.h"

/* The whole description as one JSON object. Codes: FH_E_NOMEM. */
fh_status fhi_openapi_write(fhi_buf *json);

/* The same routes as lines of text. Codes: FH_E_NOMEM. */
fh_status fhi_routes_write(fhi_buf *text);

#endif
