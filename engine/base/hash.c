/* hash.c - a 64-bit hash for tables in memory and for the ids of a segment, and the UTF-8 check every input passes. */
#include "engine/base/base.h"

#include <unicode/utf8.h>

static uint64_t fold_multiply(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    const wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply-and-fold over 8-byte words; the constants are the fractions of pi (nothing up the sleeve). */
uint64_t fhi_hash64(const void *data, size_t len)
{
    const uint64_t k0 = 0x243F6A8885A308D3, k1 = 0x13198A2E03707345;
    const uint8_t *from = data;
    uint64_t hash = k1 ^ len;
    size_t left = len;
    for (; left >= 8; from += 8, left -= 8)
        hash = fold_multiply(hash ^ fhi_load64(from), k0);
    uint64_t tail = 0;
    if (left) memcpy(&tail, from, left);
    hash = fold_multiply(hash ^ tail, k0);
    return fold_multiply(hash, k1);
}

/* Eight bytes of ASCII at a time, and characters of two bytes, which are most of an Arabic text, without ICU. */
size_t fhi_utf8_check(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    size_t at = 0;
    while (at < len) {
        while (len - at >= 8 && (fhi_load64(bytes + at) & 0x8080808080808080) == 0)
            at += 8;
        while (at < len && bytes[at] < 0x80)
            at++;
        while (len - at >= 2 && bytes[at] >= 0xC2 && bytes[at] < 0xE0 && (bytes[at + 1] & 0xC0) == 0x80)
            at += 2;
        if (at >= len) break;
        if (bytes[at] < 0x80) continue;
        const size_t start = at;
        UChar32 point;
        U8_NEXT(bytes, at, len, point);
        if (point < 0) return start;
    }
    return len;
}
