/* galua/serve.h - pages for a browser on this machine: HTTP/1.1 on 127.0.0.1, one thread, bounded memory.
 *
 * gal_serve_next waits for one request that may be answered, gal_serve_reply answers it. All else is the server's: connections, time limits,
 * keep-alive, and who is let in. A request must name 127.0.0.1 or localhost with the right port in Host (so that no foreign name can be made to
 * point here), come from the page itself if it has an Origin, and begin its path with the token, 128 random bits in the address that the
 * program prints: else it gets 403 and nothing is told. Malformed requests get 400, too long ones 413 or 431, slow ones 408; none of them
 * reaches the caller. Not thread safe: one server belongs to one thread. */
#ifndef GAL_SERVE_H
#define GAL_SERVE_H
#include "galua/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gal_serve gal_serve;

typedef struct gal_serve_opts {
    int port;         /* 0: any that is free */
    size_t clients;   /* connections at most, 1 .. 256; one more closes the longest idle one, or is refused with 503 */
    size_t head;      /* bytes of a request line and its headers at most */
    size_t body;      /* bytes of a request's body at most */
    double request_s; /* [s] a request that has begun must be there in this time, and an answer makes progress in it */
    double idle_s;    /* [s] a connection without requests is closed */
} gal_serve_opts;
GAL_API gal_serve_opts gal_serve_defaults(void); /* 0, 32, 8192, 65536, 10, 120 */

/* One that was let in; it holds until gal_serve_reply. */
typedef struct gal_serve_request {
    const char *method; /* "GET" or "POST" */
    const char *path;   /* behind the token and its slash, without query: "" is the page itself */
    const char *body;   /* [nbody], any bytes */
    size_t nbody;
} gal_serve_request;

/* Listens. GAL_EIO when the port is taken; GAL_EINVAL for limits outside the above. Free with gal_serve_free. */
GAL_API gal_status gal_serve_create(gal_serve **out, const gal_serve_opts *o);
GAL_API void gal_serve_free(gal_serve *s); /* closes all; NULL is fine */
GAL_API int gal_serve_port(const gal_serve *s);
GAL_API const char *gal_serve_address(const gal_serve *s); /* "http://127.0.0.1:PORT/TOKEN/" */
GAL_API size_t gal_serve_connections(const gal_serve *s);  /* open now */

/* The next request, or NULL after `seconds` (< 0: as long as it takes; 0: what is there). A request taken before and not answered gets 500.
 * GAL_EINTR when the user interrupts. */
GAL_API gal_status gal_serve_next(gal_serve *s, double seconds, const gal_serve_request **out);
/* Answer the request taken last: status 200, 400 ..., type "application/json". The body is copied. GAL_EINVAL when there is none. */
GAL_API gal_status gal_serve_reply(gal_serve *s, int status, const char *type, const void *body, size_t n);

/* For a loop of someone else's: descriptors that should wake it (at most `most`; writes[i]: when it can be written, too), and in how many seconds
 * a time limit ends (< 0: none). It then calls gal_serve_next(s, 0, ...) until that gives NULL. */
GAL_API size_t gal_serve_descriptors(const gal_serve *s, int *fd, bool *writes, size_t most);
GAL_API double gal_serve_deadline(const gal_serve *s);

#ifdef __cplusplus
}
#endif
#endif
