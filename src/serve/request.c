/* request.c - the text of an HTTP/1.1 request (RFC 9112), read strictly: what is not plain is refused, not guessed at. A head is checked once,
 * when it is whole: form, then Host, Origin and token, then method and length; a request that is not let in is refused before its body is read.
 * Chunked bodies are not read (501): a page sends none. */
#define _GNU_SOURCE
#include "serve/serve_int.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_token_char(int ch)
{
    return isalnum(ch) || (ch && strchr("!#$%&'*+-.^_`|~", ch));
}

/* "127.0.0.1:PORT" or "localhost:PORT" */
static bool own_host(const gal_serve *s, const char *host)
{
    char want[40];
    snprintf(want, sizeof want, "127.0.0.1:%d", s->port);
    if (strcmp(host, want) == 0)
        return true;
    snprintf(want, sizeof want, "localhost:%d", s->port);
    return strcasecmp(host, want) == 0;
}

/* Does the path begin with the token? Takes as long for any wrong one. */
static bool own_path(const gal_serve *s, const char *path)
{
    unsigned differs = 0;
    size_t n = strlen(path);
    if (n < TOKEN + 2 || path[0] != '/' || path[TOKEN + 1] != '/')
        return false;
    for (int i = 0; i < TOKEN; i++)
        differs |= (unsigned)(path[i + 1] ^ s->token[i]);
    return differs == 0;
}

typedef struct head {
    const char *method, *host, *origin;
    int minor; /* HTTP/1.minor */
    bool close, length, chunked;
    size_t nbody;
} head;

/* "METHOD /path HTTP/1.1"; cuts it into its words */
static int request_line(connection *c, char *line, head *h)
{
    char *sp = strchr(line, ' '), *sp2 = sp ? strchr(sp + 1, ' ') : NULL;
    if (!sp2 || sp == line || strchr(sp2 + 1, ' '))
        return 400;
    *sp = *sp2 = '\0';
    for (const char *p = line; *p; p++)
        if (!is_token_char((unsigned char)*p))
            return 400;
    const char *version = sp2 + 1;
    if (strncmp(version, "HTTP/", 5) != 0)
        return 400;
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return 505;
    h->method = line;
    h->minor = version[7] - '0';
    c->target = sp + 1;
    return c->target[0] == '/' ? 200 : 400;
}

/* The value of a Content-Length: digits alone, the same when it is there twice */
static int length_of(head *h, const char *v)
{
    size_t n = 0, digits = strlen(v);
    if (digits == 0 || digits > 12)
        return digits ? 413 : 400;
    for (; *v; v++) {
        if (!isdigit((unsigned char)*v))
            return 400;
        n = 10 * n + (size_t)(*v - '0');
    }
    if (h->length && n != h->nbody)
        return 400;
    h->length = true;
    h->nbody = n;
    return 200;
}

static int header(head *h, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon || colon == line)
        return 400;
    for (const char *p = line; p < colon; p++) /* also refuses folded lines and blanks before the colon */
        if (!is_token_char((unsigned char)*p))
            return 400;
    *colon = '\0';
    char *v = colon + 1, *end = v + strlen(v);
    while (*v == ' ' || *v == '\t')
        v++;
    while (end > v && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = '\0';
    for (const char *p = v; *p; p++)
        if ((unsigned char)*p < 32 && *p != '\t')
            return 400;
    if (strcasecmp(line, "Host") == 0) {
        if (h->host)
            return 400;
        h->host = v;
    } else if (strcasecmp(line, "Origin") == 0) {
        if (h->origin)
            return 400;
        h->origin = v;
    } else if (strcasecmp(line, "Content-Length") == 0) {
        return length_of(h, v);
    } else if (strcasecmp(line, "Transfer-Encoding") == 0) {
        h->chunked = true;
    } else if (strcasecmp(line, "Connection") == 0) {
        h->close = h->close || strcasecmp(v, "close") == 0;
    }
    return 200;
}

/* Does a foreign page ask? Browsers say where a POST comes from. */
static bool own_origin(const gal_serve *s, const char *origin)
{
    return !origin || (strncmp(origin, "http://", 7) == 0 && own_host(s, origin + 7));
}

/* The head c->in[0 .. nhead), NUL-terminated lines in place of CR LF */
static int check_head(const gal_serve *s, connection *c)
{
    head h = {0};
    char *line = c->in, *end = c->in + c->nhead - 2; /* the empty line that ends it */
    int status = 0;
    if (memchr(c->in, '\0', c->nhead))
        return 400;
    for (bool first = true; line < end; first = false) {
        char *eol = strstr(line, "\r\n");
        *eol = '\0';
        if (strchr(line, '\r') || strchr(line, '\n'))
            return 400;
        status = first ? request_line(c, line, &h) : header(&h, line);
        if (status != 200)
            return status;
        line = eol + 2;
    }
    if (!h.method || (!h.host && h.minor == 1))
        return 400;
    char *query = strpbrk(c->target, "?#");
    if (query)
        *query = '\0';
    if (!h.host || !own_host(s, h.host) || !own_origin(s, h.origin) || !own_path(s, c->target))
        return 403;
    if (h.chunked)
        return 501;
    if (strcmp(h.method, "GET") != 0 && strcmp(h.method, "POST") != 0)
        return 405;
    if (h.nbody > s->o.body)
        return 413;
    if (strcmp(h.method, "POST") == 0 && !h.length)
        return 411;
    c->nbody = h.nbody;
    c->keep = h.minor == 1 && !h.close;
    c->req = (gal_serve_request){.method = h.method, .path = c->target + TOKEN + 2};
    return 200;
}

int gal_serve_parse(const gal_serve *s, connection *c)
{
    if (c->nhead == 0) {
        c->in[c->have] = '\0';
        char *end = memmem(c->in, c->have, "\r\n\r\n", 4);
        if (!end)
            return c->have > s->o.head ? 431 : 0;
        c->nhead = (size_t)(end + 4 - c->in);
        if (c->nhead > s->o.head)
            return 431;
        int status = check_head(s, c);
        if (status != 200)
            return status;
    }
    if (c->have < c->nhead + c->nbody)
        return 0;
    c->taken = c->nhead + c->nbody;
    c->req.body = c->in + c->nhead;
    c->req.nbody = c->nbody;
    return 200;
}

const char *gal_serve_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } list[] = {{200, "OK"},
                {202, "Accepted"},
                {204, "No Content"},
                {400, "Bad Request"},
                {403, "Forbidden"},
                {404, "Not Found"},
                {405, "Method Not Allowed"},
                {408, "Request Timeout"},
                {409, "Conflict"},
                {411, "Length Required"},
                {413, "Content Too Large"},
                {431, "Request Header Fields Too Large"},
                {500, "Internal Server Error"},
                {501, "Not Implemented"},
                {503, "Service Unavailable"},
                {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].status == status)
            return list[i].text;
    return "Status";
}
