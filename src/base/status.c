/* Status codes and the thread-local error: one line, the code, and where it was raised. */
#include "galua/base.h"

#include <stdio.h>
#include <string.h>

#define GAL_MSG_MAX 1024

static _Thread_local struct {
    char text[GAL_MSG_MAX];
    char where[160];
    gal_status code;
} err;

/* The message must stay one line whatever text (file content, user strings) was pasted into it. A NaN has no sign: "-nan",
 * which some C libraries print for 0/0, becomes "nan". */
static void make_one_line(char *s)
{
    for (char *p; (p = strstr(s, "-nan"));)
        memmove(p, p + 1, strlen(p));
    for (char *p = s; *p; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    gal_printable(s, strlen(s));
}

void gal_printable(char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i], next = i + 1 < n ? (unsigned char)s[i + 1] : 0;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            s[i] = '?';
        else if (c == 0xc2 && next >= 0x80 && next < 0xa0) /* C1 in UTF-8: 9b starts a sequence as ESC [ does */
            s[i] = s[i + 1] = '?';
    }
}

gal_status gal_fail_at(const char *file, int line, gal_status code, const char *fmt, ...)
{
    char text[GAL_MSG_MAX]; /* the arguments may point into the old message */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    make_one_line(text);
    memcpy(err.text, text, sizeof text);
    const char *src = strstr(file, "src/");
    snprintf(err.where, sizeof err.where, "%.140s:%d", src ? src : file, line);
    err.code = code;
    return code;
}

gal_status gal_fail_prefix(gal_status code, const char *fmt, ...)
{
    char head[GAL_MSG_MAX], text[2 * GAL_MSG_MAX + 4];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(head, sizeof head, fmt, ap);
    va_end(ap);
    snprintf(text, sizeof text, "%s: %s", head, err.text);
    make_one_line(text);
    memcpy(err.text, text, sizeof err.text - 1);
    err.text[sizeof err.text - 1] = '\0';
    err.code = code;
    return code;
}

const char *gal_error_message(void)
{
    return err.text;
}

const char *gal_error_where(void)
{
    return err.where;
}

gal_status gal_error_code(void)
{
    return err.code;
}

void gal_error_clear(void)
{
    err.text[0] = err.where[0] = '\0';
    err.code = GAL_OK;
}

const char *gal_status_name(gal_status code)
{
    static const struct {
        gal_status code;
        const char *name;
    } names[] = {{GAL_OK, "GAL_OK"},           {GAL_EINVAL, "GAL_EINVAL"},       {GAL_ENOMEM, "GAL_ENOMEM"},
                 {GAL_EIO, "GAL_EIO"},         {GAL_EINTR, "GAL_EINTR"},         {GAL_EFORMAT, "GAL_EFORMAT"},
                 {GAL_EDOMAIN, "GAL_EDOMAIN"}, {GAL_ENOTFOUND, "GAL_ENOTFOUND"}, {GAL_EUSER, "GAL_EUSER"},
                 {GAL_EUNSUP, "GAL_EUNSUP"},   {GAL_EMATH, "GAL_EMATH"},         {GAL_EBUG, "GAL_EBUG"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code)
            return names[i].name;
    return "GAL_?";
}
