/* day.h - calendar days as numbers: YYYYMMDD, with 00 for a month or a day that is not known.
 *
 * Used for the dates of articles, for `date:` filters and for dates found in running text. The day as written
 * counts: a time zone is read and not applied.
 */
#ifndef FHI_DAY_H
#define FHI_DAY_H

#include "engine/base/base.h"

#include <fihrist/analyzer.h>

typedef struct fhi_day {
    uint32_t day;    /* YYYYMMDD; 20190000 for 2019, 20190700 for July 2019 */
    uint16_t minute; /* of the day, 0 when no time is written */
} fhi_day;

/* Full calendar day in the Gregorian calendar; year 1 to 9999. */
bool fhi_day_valid(uint32_t year, uint32_t month, uint32_t day);

/* YYYY, YYYY-MM, YYYY-MM-DD, YYYYMMDD (these two also with time and zone: ISO 8601), DD/MM/YYYY,
 * `Tue, 10 Jun 2025 04:00:00 GMT` (RFC 822).
 * White space around is allowed, anything else after is an error: FH_E_INVALID, offset of the first bad byte. */
fh_status fhi_day_parse(fh_str text, fhi_day *out, fh_err *err);

/* The day that running text names, as `press` finds days: `lundi 4 novembre 2019 à 14h30`, `1er mars 2020`,
 * `الاثنين ٤ نونبر ٢٠١٩، 14:30`. One day and no more; no number in front of it, behind it none but one time of day.
 * Codes: FH_E_INVALID for anything else, FH_E_NOMEM. */
fh_status fhi_day_written(fh_analyzer *press, fh_str text, fhi_day *out, fh_err *err);

/* First and last value a partial day covers: 20190000 -> 20190000 and 20191231; full days cover themselves. */
uint32_t fhi_day_first(uint32_t day);
uint32_t fhi_day_last(uint32_t day);

#endif
