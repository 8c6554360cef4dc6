/* Lua: healpix.*, the pixels of the sphere. Pixel numbers count from 0, as everywhere in the field; angles are colatitude and longitude
 * in rad. Functions of numbers take vectors, too. */
#include "galua/alm.h"
#include "lua/bind/l_sky_maps.h"
#include "lua/kit/util.h"

#include <math.h>
#include <string.h>

int64_t gal_lua_checknside(lua_State *L, int idx)
{
    double n = gal_lua_checknum(L, idx);
    if (!(n >= 1) || n > (double)(1 << 24) || n != floor(n)) /* 12 nside^2 stays an exact number */
        gal_lua_error(L, GAL_EINVAL, "healpix: nside %g: expected an integer from 1 to 2^24", n);
    return (int64_t)n;
}

gal_ordering gal_lua_checkorder(lua_State *L, int idx, int64_t nside)
{
    gal_ordering order = GAL_RING;
    if (!lua_isnoneornil(L, idx) && gal_ordering_parse(&order, gal_lua_checkstr(L, idx)) != GAL_OK)
        gal_lua_fail(L);
    if (gal_healpix_check(nside, order) != GAL_OK)
        gal_lua_fail(L);
    return order;
}

static int64_t as_pixel(lua_State *L, double x, int64_t nside)
{
    int64_t npix = gal_healpix_npix(nside);
    if (!(x >= 0) || x >= (double)npix || x != floor(x))
        gal_lua_error(L, GAL_EDOMAIN, "healpix: pixel %g: nside %d has 0 to %.0f", x, (int)nside, (double)npix - 1);
    return (int64_t)x;
}

/* Arguments first .. first+n-1: all numbers (count 1), or vectors of one length. Returns whether they are numbers. */
static bool same_length(lua_State *L, int first, int n, const double **x, double *scalar, size_t *count)
{
    bool numbers = lua_type(L, first) == LUA_TNUMBER;
    for (int k = 0; k < n; k++) {
        size_t m = 1;
        if (numbers) {
            scalar[k] = gal_lua_checknum(L, first + k);
            x[k] = &scalar[k];
        } else
            x[k] = gal_lua_checkvec(L, first + k, &m);
        if (k && m != *count)
            gal_lua_error(L, GAL_EINVAL, "healpix: vectors of %d and %d values", (int)*count, (int)m);
        *count = m;
    }
    return numbers;
}

static double *result(lua_State *L, bool number, double *one, size_t n)
{
    return number ? one : gal_lua_pushvec(L, n);
}

static int64_t arguments(lua_State *L, int n, gal_ordering *order)
{
    int64_t nside = gal_lua_checknside(L, 1);
    *order = gal_lua_checkorder(L, 2 + n, nside);
    return nside;
}

static int ang2pix(lua_State *L)
{
    const double *x[2];
    double s[2], one;
    size_t n;
    gal_ordering order;
    int64_t nside = arguments(L, 2, &order);
    bool number = same_length(L, 2, 2, x, s, &n);
    for (size_t i = 0; i < n; i++)
        if (!(x[0][i] >= 0 && x[0][i] <= M_PI) || !isfinite(x[1][i]))
            return gal_lua_error(L, GAL_EDOMAIN, "healpix.ang2pix: theta %g, phi %g: expected 0 <= theta <= pi",
                                 x[0][i], x[1][i]);
    double *out = result(L, number, &one, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (double)gal_healpix_ang2pix(nside, order, x[0][i], x[1][i]);
    if (number)
        lua_pushnumber(L, one);
    return 1;
}

static int vec2pix(lua_State *L)
{
    const double *x[3];
    double s[3], one;
    size_t n;
    gal_ordering order;
    int64_t nside = arguments(L, 3, &order);
    bool number = same_length(L, 2, 3, x, s, &n);
    double *out = result(L, number, &one, n);
    for (size_t i = 0; i < n; i++) {
        const double v[3] = {x[0][i], x[1][i], x[2][i]};
        double len = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
        if (!(len > 0) || !isfinite(len))
            return gal_lua_error(L, GAL_EDOMAIN, "healpix.vec2pix: (%g, %g, %g) has no direction", v[0], v[1], v[2]);
        out[i] = (double)gal_healpix_vec2pix(nside, order, v);
    }
    if (number)
        lua_pushnumber(L, one);
    return 1;
}

/* pix2ang and pix2vec: n results of a pixel or a vector of pixels */
static int from_pixels(lua_State *L, int nout, void (*f)(int64_t, gal_ordering, int64_t, double *))
{
    const double *x[1];
    double s[1], v[3], *out[3];
    size_t n;
    gal_ordering order;
    int64_t nside = arguments(L, 1, &order);
    bool number = same_length(L, 2, 1, x, s, &n);
    for (int k = 0; k < nout && !number; k++)
        out[k] = gal_lua_pushvec(L, n);
    for (size_t i = 0; i < n; i++) {
        f(nside, order, as_pixel(L, x[0][i], nside), v);
        for (int k = 0; k < nout; k++)
            if (number)
                lua_pushnumber(L, v[k]);
            else
                out[k][i] = v[k];
    }
    return nout;
}

static void angles(int64_t nside, gal_ordering order, int64_t pix, double *v)
{
    gal_healpix_pix2ang(nside, order, pix, v, v + 1);
}

static int pix2ang(lua_State *L)
{
    return from_pixels(L, 2, angles);
}

static int pix2vec(lua_State *L)
{
    return from_pixels(L, 3, gal_healpix_pix2vec);
}

static int renumber(lua_State *L, int64_t (*f)(int64_t, int64_t))
{
    const double *x[1];
    double s[1], one;
    size_t n;
    int64_t nside = gal_lua_checknside(L, 1);
    gal_lua_checkstatus(L, gal_healpix_check(nside, GAL_NESTED));
    bool number = same_length(L, 2, 1, x, s, &n);
    double *out = result(L, number, &one, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (double)f(nside, as_pixel(L, x[0][i], nside));
    if (number)
        lua_pushnumber(L, one);
    return 1;
}

static int ring2nest(lua_State *L)
{
    return renumber(L, gal_healpix_ring2nest);
}

static int nest2ring(lua_State *L)
{
    return renumber(L, gal_healpix_nest2ring);
}

static int npix(lua_State *L)
{
    lua_pushnumber(L, (double)gal_healpix_npix(gal_lua_checknside(L, 1)));
    return 1;
}

static int nside(lua_State *L)
{
    double n = gal_lua_checknum(L, 1);
    int64_t s = n >= 12 && n < 4e18 && n == floor(n) ? gal_healpix_nside((int64_t)n) : -1;
    if (s < 0)
        return gal_lua_error(L, GAL_EINVAL, "healpix.nside: %g is not 12 nside^2", n);
    lua_pushnumber(L, (double)s);
    return 1;
}

static int resolution(lua_State *L)
{
    lua_pushnumber(L, sqrt(4 * M_PI / (double)gal_healpix_npix(gal_lua_checknside(L, 1))));
    return 1;
}

static int neighbours(lua_State *L)
{
    gal_ordering order;
    int64_t n = arguments(L, 1, &order), pix = as_pixel(L, gal_lua_checknum(L, 2), n), list[8];
    double *out = gal_lua_pushvec(L, 8);
    gal_healpix_neighbours(n, order, pix, list);
    for (int k = 0; k < 8; k++)
        out[k] = (double)list[k];
    return 1;
}

static int push_pixels(lua_State *L, int64_t *list, size_t n)
{
    double *out = gal_lua_pushvec(L, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (double)list[i];
    gal_free(list);
    return 1;
}

/* disc(nside, {x, y, z} | {theta, phi}, radius[, order[, inclusive]]) */
static int disc(lua_State *L)
{
    size_t n, count;
    int64_t ns = gal_lua_checknside(L, 1), *list;
    const double *c = gal_lua_checkvec(L, 2, &n);
    double v[3], radius = gal_lua_checknum(L, 3);
    gal_ordering order = gal_lua_checkorder(L, 4, ns);
    if (n == 3)
        memcpy(v, c, sizeof v);
    else if (n == 2) {
        v[0] = sin(c[0]) * cos(c[1]);
        v[1] = sin(c[0]) * sin(c[1]);
        v[2] = cos(c[0]);
    } else
        return gal_lua_error(L, GAL_EINVAL, "healpix.disc: the centre is {x, y, z} or {theta, phi}, got %d numbers",
                             (int)n);
    gal_lua_checkstatus(L, gal_healpix_query_disc(ns, order, v, radius, lua_toboolean(L, 5), &list, &count));
    return push_pixels(L, list, count);
}

static int strip(lua_State *L)
{
    int64_t ns = gal_lua_checknside(L, 1), *list;
    double a = gal_lua_checknum(L, 2), b = gal_lua_checknum(L, 3);
    gal_ordering order = gal_lua_checkorder(L, 4, ns);
    size_t count;
    gal_lua_checkstatus(L, gal_healpix_query_strip(ns, order, a, b, &list, &count));
    return push_pixels(L, list, count);
}

static int pixel_window(lua_State *L)
{
    int64_t ns = gal_lua_checknside(L, 1);
    int most = ns < 8192 ? (int)(4 * ns) : 32767;
    int lmax = lua_isnoneornil(L, 2) ? most : gal_lua_checkint(L, 2, 0, most);
    double *t = gal_lua_pushvec(L, (size_t)lmax + 1), *p = gal_lua_pushvec(L, (size_t)lmax + 1);
    gal_lua_checkstatus(L, gal_healpix_pixel_window(ns, lmax, t, p));
    return 2;
}

static int ring_weights(lua_State *L)
{
    int64_t ns = gal_lua_checkint(L, 1, 1, 16384);
    gal_lua_checkstatus(L, gal_healpix_ring_weights(ns, gal_lua_pushvec(L, (size_t)(2 * ns))));
    return 1;
}

static int beam(lua_State *L)
{
    double fwhm = gal_lua_checknum(L, 1);
    int lmax = gal_lua_checkint(L, 2, 0, GAL_ALM_LMAX), spin = lua_isnoneornil(L, 3) ? 0 : gal_lua_checkint(L, 3, 0, 2);
    if (!(fwhm >= 0))
        return gal_lua_error(L, GAL_EINVAL, "healpix.beam: fwhm = %g: expected a width from 0 [arcmin]", fwhm);
    gal_beam_gaussian(fwhm * M_PI / 10800, spin, lmax, gal_lua_pushvec(L, (size_t)lmax + 1));
    return 1;
}

#define ORDER_DOC " order is \"RING\" (default) or \"NESTED\"."
static const gal_lua_row rows[] = {
    {"npix", npix, "npix(nside) -> number\n12 nside^2."},
    {"nside", nside, "nside(npix) -> number\nThe nside of that many pixels."},
    {"resolution", resolution, "resolution(nside) -> rad\nSquare root of the area of a pixel."},
    {"ang2pix", ang2pix,
     "ang2pix(nside, theta, phi[, order]) -> pixel\nPixel of colatitude and longitude [rad], numbers or "
     "vectors." ORDER_DOC},
    {"pix2ang", pix2ang,
     "pix2ang(nside, pixel[, order]) -> theta, phi\nCentre of a pixel [rad]; numbers or vectors." ORDER_DOC},
    {"vec2pix", vec2pix,
     "vec2pix(nside, x, y, z[, order]) -> pixel\nPixel of a direction, which need not be normalised; numbers or "
     "vectors." ORDER_DOC},
    {"pix2vec", pix2vec, "pix2vec(nside, pixel[, order]) -> x, y, z\nCentre of a pixel; numbers or vectors." ORDER_DOC},
    {"ring2nest", ring2nest, "ring2nest(nside, pixel) -> pixel\nNESTED number of a RING pixel; numbers or vectors."},
    {"nest2ring", nest2ring, "nest2ring(nside, pixel) -> pixel\nRING number of a NESTED pixel; numbers or vectors."},
    {"neighbours", neighbours,
     "neighbours(nside, pixel[, order]) -> vec\nThe eight neighbours SW, W, NW, N, NE, E, SE, S; -1 where three faces "
     "meet." ORDER_DOC},
    {"disc", disc,
     "disc(nside, centre, radius[, order[, inclusive]]) -> vec\nAscending pixels with centres within radius [rad] of "
     "the centre, "
     "{x, y, z} or {theta, phi}; inclusive: also those that the disc only touches." ORDER_DOC},
    {"strip", strip,
     "strip(nside, theta1, theta2[, order]) -> vec\nPixels with centres between two colatitudes; outside of them where "
     "theta1 > theta2." ORDER_DOC},
    {"pixel_window", pixel_window,
     "pixel_window(nside[, lmax]) -> vec, vec\nWindow functions of the pixels for temperature and polarisation, l = 0 "
     ".. lmax <= 4 nside."},
    {"ring_weights", ring_weights,
     "ring_weights(nside) -> vec\nQuadrature weights of rings 1 .. 2 nside (south is the mirror image), 1 + small."},
    {"beam", beam,
     "beam(fwhm, lmax[, spin]) -> vec\nGaussian beam of this width [arcmin]: exp(-(l(l+1) - spin^2) sigma^2/2); spin 2 "
     "for E, B."},
    {NULL, NULL, NULL},
};

void gal_luaopen_healpix(lua_State *L);
void gal_luaopen_healpix(lua_State *L)
{
    gal_lua_module(L, "healpix", rows,
                   "Maps on the sphere in HEALPix pixels: files, pixels and directions, transforms (docs/sky.md). "
                   "Pixels count from 0, "
                   "angles are in rad but for beams [arcmin].");
}
