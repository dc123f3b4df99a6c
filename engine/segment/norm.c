/* norm.c - document length in one byte, and the settings of the two analyzers.
 *
 * The byte is a small floating-point number: lengths below 40 are exact, above that 3 significant bits below
 * the leading one remain. Rounding is downwards, so a length is never overstated.
 */
#include "engine/segment/layout.h"

enum { EXACT_LENGTHS = 40, STEP_BITS = 3, STEPS = 1 << STEP_BITS };

/* Norm 40 is mantissa 10 (binary 1010, the leading one included) shifted by 2; each next norm is the next mantissa. */
enum { FIRST_MANTISSA = 10, FIRST_SHIFT = 2 };

uint32_t fhi_length_of_norm(uint8_t norm)
{
    if (norm < EXACT_LENGTHS) return norm;
    const uint32_t step = (uint32_t)norm - EXACT_LENGTHS + (FIRST_MANTISSA - STEPS);
    const uint32_t shift = FIRST_SHIFT + step / STEPS;
    const uint32_t mantissa = STEPS + step % STEPS;
    return shift > 28 ? UINT32_C(0xF0000000) : mantissa << shift;
}

uint8_t fhi_norm_of_length(uint32_t length)
{
    if (length < EXACT_LENGTHS) return (uint8_t)length;
    const uint32_t top = 31u - (uint32_t)__builtin_clz(length);
    const uint32_t shift = top - STEP_BITS;
    const uint32_t mantissa = length >> shift;
    const uint32_t step = (shift - FIRST_SHIFT) * STEPS + (mantissa - STEPS);
    const uint32_t norm = EXACT_LENGTHS + step - (FIRST_MANTISSA - STEPS);
    return norm > 255 ? 255 : (uint8_t)norm;
}

void fhi_settings_press(fhi_settings *settings, uint32_t analyzer_id)
{
    *settings = (fhi_settings){.k1 = 0.9f,
                               .b = 0.75f,
                               .exact_weight = 0.4f,
                               .title_weight = 4,
                               .lead_weight = 3,
                               .body_weight = 2,
                               .analyzer_id = analyzer_id,
                               .analyzer = "press"};
}

void fhi_settings_words(fhi_settings *settings, uint32_t analyzer_id)
{
    *settings = (fhi_settings){.k1 = 1.2f,
                               .b = 0.75f,
                               .exact_weight = 0.0f,
                               .title_weight = 1,
                               .lead_weight = 1,
                               .body_weight = 1,
                               .analyzer_id = analyzer_id,
                               .analyzer = "words"};
}
