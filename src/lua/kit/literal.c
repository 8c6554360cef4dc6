/* literal.c - values as a script writes them: what an object prints can be pasted back. */
#include "lua/kit/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void gal_lua_add_number(luaL_Buffer *b, double v)
{
    char text[48];
    gal_shortest_text(text, sizeof text, v);
    luaL_addstring(b, isnan(v) ? "0/0" : isinf(v) ? (v > 0 ? "math.huge" : "-math.huge") : text);
}

static bool is_name(const char *s, size_t n)
{
    static const char *const words[] = {"and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
                                        "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
                                        "repeat",   "return", "then", "true", "until",  "while"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], s) == 0)
            return false;
    return n > 0 && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == n &&
           !(s[0] >= '0' && s[0] <= '9');
}

void gal_lua_add_quoted(luaL_Buffer *b, const char *s)
{
    luaL_addchar(b, '"');
    for (size_t i = 0; s[i]; i++) {
        unsigned char c = (unsigned char)s[i];
        char code[8];
        if (c == '"' || c == '\\') {
            luaL_addchar(b, '\\');
            luaL_addchar(b, (char)c);
        } else if (c < 32 || c == 127) {
            snprintf(code, sizeof code, "\\%03d", c);
            luaL_addstring(b, code);
        } else {
            luaL_addchar(b, (char)c);
        }
    }
    luaL_addchar(b, '"');
}

void gal_lua_add_key(luaL_Buffer *b, const char *name)
{
    size_t n = strlen(name);
    if (is_name(name, n)) {
        luaL_addlstring(b, name, n);
    } else {
        luaL_addchar(b, '[');
        gal_lua_add_quoted(b, name);
        luaL_addchar(b, ']');
    }
    luaL_addstring(b, " = ");
}
