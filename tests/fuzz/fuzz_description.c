/* load_fit: descriptions of fits (JSON in results files), with the data of a stored run. The file itself is not there: restoring ends in
 * an error, after everything that the description names has been built. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "lua/kit/util.h"

static const char setup[] = "local t = ssp.synthetic()\n"
                            "local texts, data = galua.result_texts('tests/ref/stored_ensemble.h5')\n"
                            "io.stderr = { write = function() end }\n"
                            "local json = require 'galua.json'\n"
                            "return function(text)\n"
                            "  pcall(json.decode, text)\n"
                            "  galua.result_texts = function() return { model = text }, data, true end\n"
                            "  pcall(galua.load_fit, 'no_such_file.h5', { ssp = t })\n"
                            "end, texts.model\n";

static void description(const char *path, const uint8_t *data, size_t n)
{
    static lua_State *L;
    (void)path;
    if (!L) {
        L = gal_lua_new();
        if (!L || luaL_dostring(L, "galua = require 'galua'; ssp = galua.ssp") != 0 || luaL_loadstring(L, setup) != 0 ||
            lua_pcall(L, 0, 2, 0) != 0) {
            fprintf(stderr, "description: %s\n", L ? lua_tostring(L, -1) : gal_error_message());
            exit(2);
        }
        const char *seed = getenv("GALUA_FUZZ_SEED"); /* writes the description of the stored run */
        FILE *f = seed ? fopen(seed, "w") : NULL;
        if (f) {
            fputs(lua_tostring(L, -1), f);
            fclose(f);
        }
        lua_settop(L, 1);
    }
    lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, n);
    if (lua_pcall(L, 1, 0, 0) != 0)
        lua_pop(L, 1);
}

FUZZ_TARGET(description, NULL, description)
