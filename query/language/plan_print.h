/* plan_print.h - a plan for people: what a query became, for the log of slow ones. */
#ifndef FHI_PLAN_PRINT_H
#define FHI_PLAN_PRINT_H

#include "engine/match/match.h"

enum { FHI_PLAN_PRINT_BYTES_MAX = 1024 };

/* Appends at most that many bytes and `...` where there would be more:
 *   and(word(barrag|sad =barrage ^0.5), phrase(salon +2 livr), prefix(minist), days(20190101..20191231), not(all,
 * word(x))) Weights of 1 are not shown; a word of a title is behind `title:`. */
void fhi_plan_print(const fhi_node *root, fhi_buf *out);

const char *fhi_plan_kind_name(fhi_node_kind kind);

#endif
