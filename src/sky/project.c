/* Maps on a plane; see galua/skyproject.h. */
#include "galua/skyproject.h"

#include <math.h>
#include <string.h>

static void turn_by(const double r[9], const double in[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = r[3 * i] * in[0] + r[3 * i + 1] * in[1] + r[3 * i + 2] * in[2];
}

static void turn_back(const double r[9], const double in[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = r[i] * in[0] + r[3 + i] * in[1] + r[6 + i] * in[2];
}

gal_status gal_projection_make(gal_projection *p, gal_projection_kind kind, double lon, double lat, double psi,
                               double width, double height)
{
    bool whole = kind == GAL_MOLLWEIDE || kind == GAL_ORTHOGRAPHIC;
    if (!isfinite(lon) || !isfinite(psi) || !(fabs(lat) <= M_PI / 2 + 1e-12))
        return gal_fail(GAL_EINVAL, "projection: centre at longitude %g, latitude %g: expected -90 <= latitude <= 90",
                        lon * 180 / M_PI, lat * 180 / M_PI);
    double cl = cos(lon), sl = sin(lon), cb = cos(lat), sb = sin(lat), cp = cos(psi), sp = sin(psi);
    /* rows: the centre, east, north; then the last two turned by psi */
    const double e[3] = {-sl, cl, 0}, n[3] = {-sb * cl, -sb * sl, cb};
    p->kind = kind;
    for (int i = 0; i < 3; i++) {
        p->turn[i] = i == 0 ? cb * cl : i == 1 ? cb * sl : sb;
        p->turn[3 + i] = cp * e[i] - sp * n[i];
        p->turn[6 + i] = sp * e[i] + cp * n[i];
    }
    if (whole) {
        p->half_x = kind == GAL_MOLLWEIDE ? 2 : 1;
        p->half_y = 1;
        return GAL_OK;
    }
    if (kind == GAL_CARTESIAN) {
        p->half_x = (width > 0 ? width : 2 * M_PI) / 2;
        p->half_y = (height > 0 ? height : M_PI) / 2;
        if (p->half_x > M_PI * 1.0000001 || p->half_y > M_PI / 2 * 1.0000001)
            return gal_fail(GAL_EINVAL, "projection: an image of %g x %g degrees: at most 360 x 180",
                            p->half_x * 360 / M_PI, p->half_y * 360 / M_PI);
        return GAL_OK;
    }
    double w = width > 0 ? width : M_PI / 18, h = height > 0 ? height : w;
    if (w >= 170 * M_PI / 180 || h >= 170 * M_PI / 180)
        return gal_fail(GAL_EINVAL, "projection: a gnomonic image of %g x %g degrees: must be below 170",
                        w * 180 / M_PI, h * 180 / M_PI);
    p->half_x = tan(w / 2);
    p->half_y = tan(h / 2);
    return GAL_OK;
}

/* 2 t + sin 2t = pi sin(lat) by Newton, from the expansion at the poles where the derivative vanishes. */
static double mollweide_angle(double lat)
{
    double goal = M_PI * sin(lat), t = lat, left = M_PI / 2 - fabs(lat);
    if (left < 0.1) /* pi left^2/2 = 4/3 (pi/2 - t)^3 */
        t = copysign(M_PI / 2 - cbrt(3 * M_PI / 8 * left * left), lat);
    for (int i = 0; i < 12 && left > 1e-12; i++) {
        double step = (2 * t + sin(2 * t) - goal) / (2 + 2 * cos(2 * t));
        if (!isfinite(step))
            break;
        t -= step;
        if (fabs(step) < 1e-14)
            break;
    }
    return t;
}

bool gal_projection_forward(const gal_projection *p, const double vec[3], double *x, double *y)
{
    double v[3];
    turn_by(p->turn, vec, v);
    double r = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    switch (p->kind) {
    case GAL_MOLLWEIDE: {
        double t = mollweide_angle(asin(fmax(-1, fmin(1, v[2] / r))));
        *x = -2 / M_PI * atan2(v[1], v[0]) * cos(t);
        *y = sin(t);
        return true;
    }
    case GAL_ORTHOGRAPHIC:
        *x = -v[1] / r;
        *y = v[2] / r;
        return v[0] >= 0;
    case GAL_GNOMONIC:
        if (!(v[0] > 0.087 * r))
            return false;
        *x = -v[1] / v[0];
        *y = v[2] / v[0];
        return true;
    case GAL_CARTESIAN:
        break;
    }
    *x = -atan2(v[1], v[0]);
    *y = asin(fmax(-1, fmin(1, v[2] / r)));
    return true;
}

bool gal_projection_inverse(const gal_projection *p, double x, double y, double vec[3])
{
    double v[3];
    switch (p->kind) {
    case GAL_MOLLWEIDE: {
        if (x * x / 4 + y * y > 1)
            return false;
        double t = asin(y), c = cos(t), lon = c > 1e-9 ? -M_PI / 2 * x / c : 0;
        double s = fmax(-1, fmin(1, (2 * t + sin(2 * t)) / M_PI)), cb = sqrt(1 - s * s);
        v[0] = cb * cos(lon);
        v[1] = cb * sin(lon);
        v[2] = s;
        break;
    }
    case GAL_ORTHOGRAPHIC: {
        double rest = 1 - x * x - y * y;
        if (rest < 0)
            return false;
        v[0] = sqrt(rest);
        v[1] = -x;
        v[2] = y;
        break;
    }
    case GAL_GNOMONIC: {
        double f = 1 / sqrt(1 + x * x + y * y);
        v[0] = f;
        v[1] = -x * f;
        v[2] = y * f;
        break;
    }
    default:
        if (fabs(y) > M_PI / 2 || fabs(x) > M_PI)
            return false;
        v[0] = cos(y) * cos(x);
        v[1] = -cos(y) * sin(x);
        v[2] = sin(y);
    }
    turn_back(p->turn, v, vec);
    return true;
}

/* Index of the map's pixel under a direction of the projection; -1 when there is none. */
static int64_t under(const gal_skymap *m, const double *frame, const double vec[3])
{
    double v[3] = {vec[0], vec[1], vec[2]};
    if (frame)
        turn_back(frame, vec, v);
    return gal_skymap_index(m, gal_healpix_vec2pix(m->nside, m->order, v));
}

void gal_project(const gal_projection *p, const gal_skymap *m, int comp, const double *frame, int nx, int ny,
                 double *image)
{
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int j = 0; j < ny; j++)
        for (int i = 0; i < nx; i++) {
            double vec[3], x = p->half_x * (2 * (i + 0.5) / nx - 1), y = p->half_y * (1 - 2 * (j + 0.5) / ny);
            double *out = &image[(size_t)j * (size_t)nx + (size_t)i];
            if (!gal_projection_inverse(p, x, y, vec)) {
                *out = NAN;
                continue;
            }
            int64_t at = under(m, frame, vec);
            double value = at < 0 ? GAL_UNSEEN : gal_skymap_get(m, comp, at);
            *out = gal_skymap_bad(value) ? GAL_UNSEEN : value;
        }
}

/* Unit vectors to the south and the east at v, in the frame of the map (theta and phi of HEALPix). */
static void south_east(const double v[3], double south[3], double east[3])
{
    double s = hypot(v[0], v[1]), c = s > 0 ? v[0] / s : 1, d = s > 0 ? v[1] / s : 0;
    const double e[3] = {-d, c, 0}, t[3] = {v[2] * c, v[2] * d, -s};
    memcpy(east, e, sizeof e);
    memcpy(south, t, sizeof t);
}

int gal_project_polarisation(const gal_projection *p, const gal_skymap *m, const double *frame, int nx, int ny,
                             double length, double full, bool field, double (*line)[5])
{
    int n = 0;
    for (int j = 0; j < ny; j++)
        for (int i = 0; i < nx; i++) {
            double vec[3], v[3], s[3], e[3], end[3], turned[3], q, u, *o = line[n];
            double x = p->half_x * (2 * (i + 0.5) / nx - 1), y = p->half_y * (1 - 2 * (j + 0.5) / ny);
            if (!gal_projection_inverse(p, x, y, vec))
                continue;
            memcpy(v, vec, sizeof v);
            if (frame)
                turn_back(frame, vec, v);
            int64_t at = under(m, frame, vec);
            if (at < 0 || gal_skymap_bad(q = gal_skymap_get(m, 1, at)) || gal_skymap_bad(u = gal_skymap_get(m, 2, at)))
                continue;
            double amplitude = hypot(q, u), psi = 0.5 * atan2(u, q) + (field ? M_PI / 2 : 0), step = 1e-4, px, py;
            south_east(v, s, e);
            for (int k = 0; k < 3; k++)
                end[k] = v[k] + step * (cos(psi) * s[k] + sin(psi) * e[k]);
            memcpy(turned, end, sizeof end);
            if (frame)
                turn_by(frame, end, turned);
            if (!(amplitude > 0) || !gal_projection_forward(p, turned, &px, &py))
                continue;
            double dx = px - x, dy = py - y, d = hypot(dx, dy);
            if (!(d > 0) || d > 100 * step) /* across the edge of the plane */
                continue;
            double half = 0.5 * length * fmin(1, amplitude / full) / d;
            o[0] = x - dx * half;
            o[1] = y - dy * half;
            o[2] = x + dx * half;
            o[3] = y + dy * half;
            o[4] = amplitude;
            n++;
        }
    return n;
}
