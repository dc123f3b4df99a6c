/* crc32c.c - CRC-32C (Castagnoli, RFC 3720 appendix B.4), the SSE4.2 instruction where the CPU has it.
 *
 * The definition works a nibble at a time: small, and only used where the CPU has no such instruction.
 */
#include "engine/base/base.h"

uint32_t fhi_crc32c_scalar(uint32_t crc, const void *data, size_t len)
{
    /* crc of the 16 nibbles, reflected polynomial 0x82F63B78 */
    static const uint32_t nibble[16] = {
        0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
        0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
    };
    const uint8_t *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ nibble[crc & 15];
        crc = (crc >> 4) ^ nibble[crc & 15];
    }
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, const uint8_t *data, size_t len)
{
    uint64_t wide = crc;
    for (; len >= 8; data += 8, len -= 8)
        wide = _mm_crc32_u64(wide, fhi_load64(data));
    crc = (uint32_t)wide;
    for (; len; data++, len--)
        crc = _mm_crc32_u8(crc, *data);
    return crc;
}
#endif

uint32_t fhi_crc32c(uint32_t crc, const void *data, size_t len)
{
    if (len == 0) return crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~crc_sse42(~crc, data, len);
#endif
    return fhi_crc32c_scalar(crc, data, len);
}
