/* Shared by the files of the lexer: what each byte can be, and characters of several bytes. */
#ifndef ROUTER_LEX_INT_H
#define ROUTER_LEX_INT_H

#include "router/lex.h"

enum byte_class {
    BYTE_SPACE = 1, /* space, \t \n \v \f \r */
    BYTE_IDENT = 2, /* letters, digits, _ $ and all above 0x7f */
    BYTE_DIGIT = 4,
    BYTE_HEX = 8,
    BYTE_ALPHA = 16,
};

extern const unsigned char lex_class[256];

/* Is p (p < end) the first byte of a two-byte character whose second byte may be below 0x80? Only such characters
 * matter to a lexer; all others are bytes of their own to it. */
static inline bool lex_is_pair(const unsigned char *p, const unsigned char *end, uint8_t charset)
{
    if (*p < 0x81 || charset == LEX_CS_SINGLE || charset == LEX_CS_UTF8 || charset == LEX_CS_EUC || end - p < 2) {
        return false;
    }
    unsigned char lead = p[0], trail = p[1];
    switch (charset) {
    case LEX_CS_GBK:
        return lead <= 0xfe && trail >= 0x40 && trail != 0x7f && trail <= 0xfe;
    case LEX_CS_SJIS:
        return (lead <= 0x9f || (lead >= 0xe0 && lead <= 0xfc)) && trail >= 0x40 && trail != 0x7f && trail <= 0xfc;
    default: /* LEX_CS_BIG5 */
        return lead >= 0xa1 && lead <= 0xf9 && ((trail >= 0x40 && trail <= 0x7e) || (trail >= 0xa1 && trail <= 0xfe));
    }
}

#endif
