/* stem_fr.c - the one place where Snowball French is called: libxapian's, through engine/xap/xap.h. */
#include "engine/text/text.h"
#include "engine/xap/xap.h"

#include <stdlib.h>

struct fhi_stemmer_fr {
    fhi_xap_stemmer *snowball;
};

fh_status fhi_stemmer_fr_create(fhi_stemmer_fr **out)
{
    *out = NULL;
    fhi_stemmer_fr *stemmer = calloc(1, sizeof *stemmer);
    if (!stemmer) return FH_E_NOMEM;
    const fh_status status = fhi_xap_stemmer_create(FH_STR("fr"), &stemmer->snowball, NULL);
    if (status != FH_OK) {
        free(stemmer);
        return status;
    }
    *out = stemmer;
    return FH_OK;
}

void fhi_stemmer_fr_destroy(fhi_stemmer_fr *stemmer)
{
    if (!stemmer) return;
    fhi_xap_stemmer_destroy(stemmer->snowball);
    free(stemmer);
}

fh_status fhi_stemmer_fr_run(fhi_stemmer_fr *stemmer, fh_str word, fhi_term *out)
{
    size_t len = 0;
    out->len = 0;
    FH_TRY(fhi_xap_stemmer_stem(stemmer->snowball, word, out->text, sizeof out->text, &len, NULL));
    out->len = (uint32_t)len;
    return FH_OK;
}
