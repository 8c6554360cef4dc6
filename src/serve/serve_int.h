/* serve_int.h - what serve.c (sockets, time limits) and request.c (the text of requests) share. */
#ifndef GAL_SERVE_INT_H
#define GAL_SERVE_INT_H
#include "galua/serve.h"

enum { TOKEN_BYTES = 16, TOKEN = 2 * TOKEN_BYTES };

typedef enum conn_state {
    READING, /* idle when `have` is 0 */
    READY,   /* a whole request waits for the caller */
    ASKED,   /* the caller has it */
    WRITING,
    LINGER /* answered and shut down for writing: what still comes is read and dropped, so that no reset eats the answer */
} conn_state;

typedef struct connection {
    int fd;
    conn_state state;
    bool keep;    /* after the answer */
    char *in;     /* [room + 1] */
    size_t have;  /* bytes in `in` */
    size_t taken; /* bytes of the request at its front */
    char *out;
    size_t nout, sent;
    double deadline; /* gal_clock() */
    double since;    /* state READING: last use */
    gal_serve_request req;
    char *target; /* of the request in `in` */
    size_t nhead; /* bytes of its head, 0: not there yet */
    size_t nbody; /* bytes that it announces */
} connection;

struct gal_serve {
    gal_serve_opts o;
    int fd, port;
    char token[TOKEN + 1];
    char address[80];
    size_t room;     /* bytes of a connection's buffer */
    size_t n;        /* open connections are c[0 .. n) */
    size_t next;     /* whose turn it is */
    connection *c;   /* [o.clients] */
    connection *now; /* whose request the caller has */
};

/* Looks at the bytes of c. 0: more must come. 200: a whole request, c->req is set. Else the status to refuse it with. */
int gal_serve_parse(const gal_serve *s, connection *c);
const char *gal_serve_reason(int status);
#endif
