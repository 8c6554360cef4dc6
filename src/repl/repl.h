/* repl.h - the prompt (repl.c) and its line editor (line.c). Main thread only. */
#ifndef GAL_REPL_H
#define GAL_REPL_H
#include <lua.h>
#include <stdbool.h>

/* Read and evaluate until the end of input; 0, or 1 when input was no terminal and a line failed. `init`: first run
 * ~/.config/galua/init.lua. */
int gal_repl(lua_State *L, bool init);

/* The table of galua.repl lies at stack index `repl`; its field complete(line, word) lists candidates. `history` is the
 * file, "" for none. */
void gal_line_open(lua_State *L, int repl, const char *history);
typedef enum gal_line_result { GAL_LINE_OK, GAL_LINE_EOF, GAL_LINE_INTERRUPT } gal_line_result;
/* One line without its newline; *line belongs to the caller (free). */
gal_line_result gal_line_read(const char *prompt, char **line);
void gal_line_add_history(const char *entry); /* in memory and appended to the file; repeats are dropped */
#endif
