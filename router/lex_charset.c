/* Which collation ids belong to character sets that a lexer must know about. The numbers are the protocol's; both
 * servers share those below 256, and each has ranges of its own above. */
#include "router/lex.h"

struct range {
    uint16_t first, last;
    uint8_t charset;
};

static const struct range ranges[] = {
    {1, 1, LEX_CS_BIG5},
    {84, 84, LEX_CS_BIG5},
    {13, 13, LEX_CS_SJIS},
    {88, 88, LEX_CS_SJIS},
    {95, 96, LEX_CS_SJIS},
    {28, 28, LEX_CS_GBK},
    {87, 87, LEX_CS_GBK},
    {248, 250, LEX_CS_GBK},
    {12, 12, LEX_CS_EUC},
    {91, 91, LEX_CS_EUC},
    {97, 98, LEX_CS_EUC},
    {19, 19, LEX_CS_EUC},
    {85, 85, LEX_CS_EUC},
    {24, 24, LEX_CS_EUC},
    {86, 86, LEX_CS_EUC},
    {33, 33, LEX_CS_UTF8},
    {83, 83, LEX_CS_UTF8},
    {76, 76, LEX_CS_UTF8},
    {45, 46, LEX_CS_UTF8},
    {192, 247, LEX_CS_UTF8},
    {255, 400, LEX_CS_UTF8},
    {576, 639, LEX_CS_UTF8},
    {1057, 1057, LEX_CS_UTF8},
    {1069, 1070, LEX_CS_UTF8},
    {1216, 1279, LEX_CS_UTF8},
    {2048, 4096, LEX_CS_UTF8},
    /* MariaDB: NOPAD variants are the plain number + 1024 */
    {1025, 1025, LEX_CS_BIG5},
    {1108, 1108, LEX_CS_BIG5},
    {1037, 1037, LEX_CS_SJIS},
    {1112, 1112, LEX_CS_SJIS},
    {1119, 1120, LEX_CS_SJIS},
    {1052, 1052, LEX_CS_GBK},
    {1111, 1111, LEX_CS_GBK},
};

enum lex_charset lex_charset_of(unsigned collation_id)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (collation_id >= ranges[i].first && collation_id <= ranges[i].last) {
            return (enum lex_charset)ranges[i].charset;
        }
    }
    return LEX_CS_SINGLE;
}
