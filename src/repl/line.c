/* line.c - GNU readline: history with multi-line entries, completion by lua/galua/complete.lua, Ctrl-C that clears the line.
 *
 * Readline keeps its hands off signals: the program's own SIGINT handler interrupts the wait in read_char, which empties the
 * line and ends it; gal_line_read then reports the interrupt. While it waits, what else there is to serve is served (lua/kit/idle.h). */
#define _GNU_SOURCE
#include "lua/kit/idle.h"
#include "lua/kit/util.h"
#include "repl/repl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#define HISTORY_MAX 5000

static lua_State *state;
static int repl_table;
static char *history_file;
static char **candidates; /* malloc'ed, NULL-ended; handed to readline one by one */

static int read_char(FILE *f)
{
    int fd = fileno(f);
    sigset_t held, before;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    for (;;) {
        unsigned char c;
        /* SIGINT is let in only while it waits: one that came before is seen by the test */
        sigprocmask(SIG_BLOCK, &held, &before);
        gal_lua_woken woken = gal_lua_idle_wait(fd, &held, &before);
        sigprocmask(SIG_SETMASK, &before, NULL);
        if (woken == GAL_LUA_INTERRUPTED) {
            rl_replace_line("", 0);
            if (gal_terminated())
                return EOF;
            return '\n';
        }
        if (woken == GAL_LUA_PRINTED) {
            rl_on_new_line();
            rl_redisplay();
            continue;
        }
        ssize_t n = read(fd, &c, 1);
        if (n == 1)
            return c;
        if (n < 0 && errno == EINTR)
            continue;
        return EOF;
    }
}

/* Is the cursor inside a string? Then only the quote ends the word: names and paths hold dots, dashes and slashes. */
static char inside_quotes(void)
{
    char quote = 0;
    for (int i = 0; i < rl_point; i++) {
        char c = rl_line_buffer[i];
        if (quote && c == '\\')
            i++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
    }
    return quote;
}

static char *word_breaks(void)
{
    static char in_string[] = "\"'", in_code[] = " \t\n\"'`@$><=;|&{}()[]+-*/^%#~,?";
    return inside_quotes() ? in_string : in_code;
}

static char *next_candidate(const char *text, int first)
{
    static size_t i;
    (void)text;
    if (first == 0)
        i = 0;
    return candidates[i] ? candidates[i++] : NULL;
}

/* Ask repl.complete(line up to the cursor, word) */
static char **complete(const char *text, int start, int end)
{
    lua_State *L = state;
    (void)start;
    rl_attempted_completion_over = 1; /* no fall-back to file names */
    rl_completion_append_character = '\0';
    lua_getfield(L, repl_table, "complete");
    lua_pushlstring(L, rl_line_buffer, (size_t)end);
    lua_pushstring(L, text);
    if (gal_lua_call(L, 2, 1, "") != GAL_OK)
        return NULL;
    size_t n = lua_istable(L, -1) ? lua_objlen(L, -1) : 0;
    char **matches = NULL;
    candidates = n ? calloc(n + 1, sizeof *candidates) : NULL;
    if (candidates) {
        size_t k = 0;
        for (size_t i = 0; i < n; i++) {
            lua_rawgeti(L, -1, (int)i + 1);
            const char *word = lua_tostring(L, -1);
            if (word && (candidates[k] = strdup(word)))
                k++;
            lua_pop(L, 1);
        }
        matches = rl_completion_matches(text, next_candidate);
        free(candidates);
        candidates = NULL;
    }
    lua_pop(L, 1);
    return matches;
}

/* In the list of matches show "flux", not "result.flux" */
static void show_matches(char **matches, int n, int longest)
{
    char **tails = calloc((size_t)n + 2, sizeof *tails);
    bool code = !inside_quotes();
    (void)longest;
    if (!tails)
        return;
    int widest = 0;
    for (int i = 0; i <= n; i++) {
        char *tail = matches[i];
        for (char *p = matches[i]; code && *p; p++)
            if (*p == '.' || *p == ':')
                tail = p + 1;
        tails[i] = tail;
        if (i > 0 && (int)strlen(tail) > widest)
            widest = (int)strlen(tail);
    }
    rl_display_match_list(tails, n, widest);
    rl_forced_update_display();
    free(tails);
}

void gal_line_open(lua_State *L, int repl, const char *history)
{
    state = L;
    repl_table = repl;
    gal_lua_idle_set_here(true);
    rl_readline_name = "galua";
    rl_catch_signals = 0;
    rl_getc_function = read_char;
    rl_attempted_completion_function = complete;
    rl_completion_word_break_hook = word_breaks;
    rl_basic_quote_characters = ""; /* never close the user's quotes */
    rl_completion_display_matches_hook = show_matches;
    rl_variable_bind("enable-bracketed-paste", "on");
    rl_variable_bind("show-all-if-ambiguous", "on");
    history_write_timestamps = 1; /* with the comment character: entries of several lines survive the file */
    history_comment_char = '#';
    using_history();
    stifle_history(HISTORY_MAX);
    if (*history) {
        history_file = strdup(history);
        if (history_file && read_history(history_file) == 0 && history_length >= HISTORY_MAX)
            write_history(history_file);
    }
}

gal_line_result gal_line_read(const char *prompt, char **line)
{
    *line = readline(prompt);
    if (gal_interrupted()) {
        free(*line);
        *line = NULL;
        return GAL_LINE_INTERRUPT;
    }
    return *line ? GAL_LINE_OK : GAL_LINE_EOF;
}

void gal_line_add_history(const char *entry)
{
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (!*entry || (last && strcmp(last->line, entry) == 0))
        return;
    add_history(entry);
    if (history_file && append_history(1, history_file) != 0)
        write_history(history_file); /* the file does not exist yet */
}
