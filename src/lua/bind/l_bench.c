/* Lua: the measurements behind `galua bench`. */
#include "galua/bench.h"
#include "lua/bind/l_classes.h"
#include "num/isa.h"

#include <stdio.h>
#include <string.h>

static void num(lua_State *L, const char *key, double v)
{
    gal_lua_set_num(L, key, v);
}

/* sed{ ssp =, wavelengths =, ages =, metallicities =, threads = } -> table of gal_bench_sed_result */
static int sed(lua_State *L)
{
    gal_lua_opts o;
    gal_bench_sed_result r;
    gal_lua_opts_begin(L, &o, 1, "benchmark.sed");
    int nw = gal_lua_opt_int(&o, "wavelengths", 2050, 100, 100000), na = gal_lua_opt_int(&o, "ages", 121, 3, 10000);
    int nz = gal_lua_opt_int(&o, "metallicities", 6, 2, 100), t = gal_lua_opt_int(&o, "threads", 1, 1, 1024);
    gal_ssp *table = gal_lua_opt_obj(&o, "ssp", &gal_lua_ssp);
    gal_lua_opts_end(&o);
    if (table)
        gal_lua_checkstatus(L, gal_bench_table(table, t, &r));
    else
        gal_lua_checkstatus(L, gal_bench_sed((size_t)nw, (size_t)na, (size_t)nz, t, &r));
    lua_newtable(L);
    num(L, "wavelengths", (double)r.nwave);
    num(L, "ages", (double)r.nage);
    num(L, "metallicities", (double)r.nz);
    num(L, "seconds", r.seconds);
    num(L, "rate", r.rate);
    num(L, "plain_seconds", r.plain_seconds);
    num(L, "plain_error", r.plain_error);
    num(L, "bytes", r.bytes);
    num(L, "fmas", r.fmas);
    num(L, "read_seconds", r.read_seconds);
    num(L, "fma_seconds", r.fma_seconds);
    num(L, "all_seconds", r.all_seconds);
    num(L, "all_ratio", r.all_ratio);
    num(L, "threads", (double)r.threads);
    return 1;
}

/* machine() -> "CPU model, instruction set", processors available */
static int machine(lua_State *L)
{
    char line[256], model[200] = "unknown processor";
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "model name", 10) == 0) {
            char *colon = strchr(line, ':');
            if (colon)
                snprintf(model, sizeof model, "%.190s", colon + 2);
            model[strcspn(model, "\n")] = '\0';
            break;
        }
    if (f)
        fclose(f);
    lua_pushfstring(L, "%s, %s", model, gal_isa_name());
    lua_pushnumber(L, gal_threads());
    return 2;
}

void gal_luaopen_bench(lua_State *L);
void gal_luaopen_bench(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"sed", sed,
         "benchmark.sed{ threads = } -> table\n"
         "Time of one spectrum (in-situ history, two-phase dust, age changed at every call) against the plain loop and "
         "the limits of\n"
         "the machine, and of one with every component on, all in seconds and measured in this call.\n"
         "@param ssp a table of yours instead of a made-up one, evaluated on the model's wavelengths\n"
         "@param wavelengths (2050) of the table\n@param ages (121) of the table\n@param metallicities (6) of the "
         "table\n"
         "@param threads (1) working at the same time"},
        {"machine", machine,
         "benchmark.machine() -> text, number\nProcessor and instruction set in use; threads used by default."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "benchmark", rows, "Measurements; galua bench prints them.");
}
