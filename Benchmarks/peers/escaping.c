// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#include "escaping.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;

static uint64_t zero_octets(uint64_t word) {
    return (word - ones) & ~word & tops;
}

/// Whether one of eight characters has to be escaped; now and then said of one that has not.
static bool may_need_escape(uint64_t word) {
    uint64_t controls = (word - ones * 0x20) & ~word & tops;
    return controls | zero_octets(word ^ ones * '"') | zero_octets(word ^ ones * '\\');
}

static char *escape_one(char *place, unsigned char character) {
    static const char letters[] = "btn\0fr", digits[] = "0123456789abcdef";
    if (character >= 0x20 && character != '"' && character != '\\') return *place++ = (char)character, place;
    *place++ = '\\';
    if (character >= 0x20) return *place++ = (char)character, place;
    bool has_letter = character >= 8 && character <= 13 && character != 11;
    if (has_letter) return *place++ = letters[character - 8], place;
    memcpy(place, "u00", 3);
    place[3] = digits[character >> 4];
    place[4] = digits[character & 15];
    return place + 5;
}

char *escape_text(char *place, const char *text, size_t length) {
    const char *end = text + length;
    while (text < end) {
        uint64_t word;
        bool whole = end - text >= (ptrdiff_t)sizeof word;
        if (whole) memcpy(&word, text, sizeof word);
        if (whole && !may_need_escape(word)) {
            memcpy(place, &word, sizeof word);
            place += sizeof word, text += sizeof word;
            continue;
        }
        const char *stop = whole ? text + sizeof word : end;
        while (text < stop) place = escape_one(place, (unsigned char)*text++);
    }
    return place;
}

static char letter_of(char escaped) {
    switch (escaped) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return escaped;
    }
}

char *unescape_text(char *place, const char *text, size_t length) {
    const char *end = text + length;
    while (text < end) {
        const char *escape = memchr(text, '\\', (size_t)(end - text));
        size_t plain = (size_t)((escape ? escape : end) - text);
        memcpy(place, text, plain);
        place += plain, text += plain;
        if (end - text < 2) break;
        if (text[1] == 'u') *place++ = '\\', *place++ = 'u';
        else *place++ = letter_of(text[1]);
        text += 2;
    }
    return place;
}
