/* Writing files: only regular files are replaced, links are followed, temporary files cannot be planted. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "galua/base.h"
#include "galua/table.h"
#include "io/fits.h"
#include "io/h5.h"

static char dir[64];

static const char *at(const char *name)
{
    static char path[4][200];
    static int k;
    k = (k + 1) % 4;
    snprintf(path[k], sizeof path[k], "%s/%s", dir, name);
    return path[k];
}

/* each writer of the library, once */
static gal_status write_text(const char *path)
{
    return gal_write_file(path, "abc", 3);
}
static gal_status write_h5(const char *path)
{
    gal_h5 *h;
    gal_status st = gal_h5_create(&h, path);
    return st == GAL_OK ? gal_h5_close(h) : st;
}
static gal_status write_fits(const char *path)
{
    gal_fits *f;
    gal_status st = gal_fits_create(&f, path);
    if (st != GAL_OK)
        return st;
    st = gal_fits_write_image(f, NULL, GAL_FITS_F64, 0, NULL, NULL, NULL);
    if (st == GAL_OK)
        return gal_fits_close(f);
    gal_fits_abandon(f);
    return st;
}
static gal_status write_csv(const char *path)
{
    gal_table *t = NULL;
    double x = 1;
    gal_status st = gal_table_create(&t, 1);
    if (st == GAL_OK)
        st = gal_table_add_num(t, "a", "", &x);
    if (st == GAL_OK)
        st = gal_table_write_csv(t, path);
    gal_table_free(t);
    return st;
}
static gal_status (*const writers[])(const char *) = {write_text, write_h5, write_fits, write_csv};
enum { NWRITER = sizeof writers / sizeof *writers };

static mode_t mode_of(const char *path)
{
    struct stat sb;
    return lstat(path, &sb) == 0 ? sb.st_mode & S_IFMT : 0;
}

static void replaces_only_regular_files(void **state)
{
    (void)state;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/socket", dir);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(mkfifo(at("fifo"), 0600), 0);
    assert_int_equal(mkdir(at("folder"), 0700), 0);
    assert_int_equal(symlink(at("fifo"), at("to_fifo")), 0);
    assert_int_equal(symlink("circle", at("circle")), 0);
    static const struct {
        const char *name, *word;
        mode_t mode;
    } other[] = {{"fifo", "is a pipe", S_IFIFO},
                 {"folder", "is a folder", S_IFDIR},
                 {"socket", "is a socket", S_IFSOCK},
                 {"to_fifo", "is a pipe", S_IFLNK},
                 {"circle", "lead in a circle", S_IFLNK}};
    for (int w = 0; w < NWRITER; w++)
        for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
            assert_int_equal(writers[w](at(other[i].name)), GAL_EIO);
            assert_non_null(strstr(gal_error_message(), other[i].word));
            assert_null(strchr(gal_error_message(), '\n'));
            assert_int_equal(mode_of(at(other[i].name)), other[i].mode); /* as it was */
        }
    assert_int_equal(mode_of(at("fifo")), S_IFIFO);
    close(s);
}

static void writes_through_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir(at("real"), 0700), 0);
    assert_int_equal(symlink("real/file", at("link")), 0); /* to nothing yet */
    assert_int_equal(symlink("link", at("link2")), 0);
    for (int w = 0; w < NWRITER; w++) {
        assert_int_equal(writers[w](at("link2")), GAL_OK);
        assert_int_equal(mode_of(at("link2")), S_IFLNK);
        assert_int_equal(mode_of(at("link")), S_IFLNK);
        assert_int_equal(mode_of(at("real/file")), S_IFREG);
    }
}

/* Its name is new and random: a link that waits under a name made of the process number is not written through. */
static void temporary_files_cannot_be_planted(void **state)
{
    (void)state;
    char planted[200];
    snprintf(planted, sizeof planted, "%s/out.%ld.tmp", dir, (long)getpid());
    assert_int_equal(gal_write_file(at("victim"), "precious", 8), GAL_OK);
    assert_int_equal(symlink("victim", planted), 0);
    for (int w = 0; w < NWRITER; w++)
        assert_int_equal(writers[w](at("out")), GAL_OK);
    char *text;
    size_t n;
    assert_int_equal(gal_read_file(at("victim"), &text, &n), GAL_OK);
    assert_string_equal(text, "precious");
    gal_free(text);
    gal_replace *a, *b;
    int fa, fb;
    assert_int_equal(gal_replace_begin(&a, at("out"), &fa), GAL_OK);
    assert_int_equal(gal_replace_begin(&b, at("out"), &fb), GAL_OK);
    assert_string_not_equal(gal_replace_name(a), gal_replace_name(b));
    assert_int_equal(mode_of(gal_replace_name(a)), S_IFREG);
    close(fa);
    close(fb);
    /* what became a link while it was written is not renamed over */
    assert_int_equal(unlink(at("out")), 0);
    assert_int_equal(symlink("victim", at("out")), 0);
    assert_int_equal(gal_replace_commit(a), GAL_EIO);
    gal_replace_abandon(b);
    assert_int_equal(mode_of(at("out")), S_IFLNK);
}

static void nothing_is_left(void **state)
{
    (void)state;
    char command[200];
    snprintf(command, sizeof command, "ls %s | grep -c '[0-9a-f]\\{16\\}.tmp'", dir);
    FILE *p = popen(command, "r");
    int n = -1;
    assert_int_equal(fscanf(p, "%d", &n), 1);
    pclose(p);
    assert_int_equal(n, 0);
}

int main(void)
{
    snprintf(dir, sizeof dir, "/tmp/galua-replace-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_only_regular_files),
        cmocka_unit_test(writes_through_links),
        cmocka_unit_test(temporary_files_cannot_be_planted),
        cmocka_unit_test(nothing_is_left),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) != 0 || failed;
}
