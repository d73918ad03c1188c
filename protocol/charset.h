/* Character sets and collations by the numbers that the protocol uses for them. A number stands for the same character
 * set on MySQL and MariaDB wherever both know it, but some collation names differ, and so do defaults: each server has
 * a column of its own in the tables (charset.def, collation.def, as MariaDB 10.11 and MySQL 9.7 list them).
 */
#ifndef PROTOCOL_CHARSET_H
#define PROTOCOL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How bytes of the set have to be scanned for ASCII characters. */
enum charset_class {
    CHARSET_SINGLE,
    CHARSET_UTF8,
    CHARSET_GBK,  /* gbk, gb18030: a trail byte may be 0x40-0x7e (gb18030's second also 0x30-0x39) */
    CHARSET_SJIS, /* sjis, cp932: a trail byte may be 0x40-0x7e; 0xa1-0xdf stand alone */
    CHARSET_BIG5, /* a trail byte may be 0x40-0x7e */
    CHARSET_EUC,  /* ujis, eucjpms, euckr, gb2312: no ASCII in trail bytes */
    CHARSET_WIDE, /* ucs2, utf16, utf16le, utf32: not allowed as a client's set */
};

enum charset_server { CHARSET_OF_MARIADB, CHARSET_OF_MYSQL };

struct charset {
    const char *name;
    uint8_t class, max_bytes;      /* enum charset_class; most bytes of a character */
    uint16_t default_collation[2]; /* by charset_server; 0: that server does not have the set */
};

/* Names in any case; "utf8" is utf8mb3. NULL: unknown. */
const struct charset *charset_by_name(const char *name, size_t len);
const struct charset *charset_by_collation(uint16_t id);

/* NULL or 0: that server does not have it. On MariaDB "uca1400_ai_ci" alone belongs to several sets: only full names
 * ("utf8mb4_uca1400_ai_ci") are known. */
const char *collation_name(enum charset_server server, uint16_t id);
uint16_t collation_by_name(enum charset_server server, const char *name, size_t len);

/* May a client log in with it? */
bool charset_for_clients(uint16_t collation);

#endif
