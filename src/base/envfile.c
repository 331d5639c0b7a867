/* envfile.c: a strict dotenv parser. The file holds secrets: no reason quotes what it read. */
#include "envfile.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define ENVFILE_MAX 65536 /* bytes; settings are a few hundred */

/* What is left of one line. */
typedef struct line {
    const char *at;
    const char *end;
} line;

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(line *l)
{
    while (l->at < l->end && is_blank(*l->at))
        l->at++;
}

static int is_name(char c, int first)
{
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (!first && c >= '0' && c <= '9');
}

static const char *parse_name(apr_pool_t *pool, line *l, const char **out)
{
    if (l->end - l->at > 7 && strncmp(l->at, "export", 6) == 0 && is_blank(l->at[6])) {
        l->at += 6;
        skip_blanks(l);
    }
    const char *start = l->at;
    while (l->at < l->end && is_name(*l->at, l->at == start))
        l->at++;
    const char *name = apr_pstrmemdup(pool, start, (apr_size_t)(l->at - start));
    skip_blanks(l);
    if (!*name || l->at == l->end || *l->at != '=')
        return "wants NAME=value";
    l->at++;
    *out = name;
    return NULL;
}

/* The character that `\c` stands for in double quotes, 0 when there is no such escape. */
static char unescape(char c)
{
    static const char escapes[] = "n\nr\rt\t\"\"\\\\$$";
    for (const char *at = escapes; *at; at += 2)
        if (at[0] == c)
            return at[1];
    return 0;
}

static const char *parse_quoted(apr_pool_t *pool, line *l, const char **out)
{
    const char quote = *l->at++;
    char *value = apr_palloc(pool, (apr_size_t)(l->end - l->at) + 1);
    char *to = value;
    while (l->at < l->end && *l->at != quote) {
        char c = *l->at++;
        if (quote == '"' && c == '\\') {
            c = l->at < l->end ? unescape(*l->at++) : 0;
            if (!c)
                return "has a backslash before a character that needs none";
        }
        *to++ = c;
    }
    if (l->at == l->end)
        return "has a quote that does not end on it";
    l->at++;
    *to = '\0';
    skip_blanks(l);
    if (l->at < l->end && *l->at != '#')
        return "has text after its closing quote";
    *out = value;
    return NULL;
}

/* A '#' begins a comment only after a blank: it may be part of a secret. */
static const char *parse_bare(apr_pool_t *pool, line *l, const char **out)
{
    const char *start = l->at;
    const char *end = start;
    if (l->at < l->end && *l->at == '#' && is_blank(l->at[-1]))
        l->end = l->at;
    for (const char *at = start; at < l->end; at++) {
        if (*at == '#' && at > end)
            break;
        if (*at == '"' || *at == '\'')
            return "has a quote inside its value: put the whole value in quotes of the other kind";
        end = is_blank(*at) ? end : at + 1;
    }
    *out = apr_pstrmemdup(pool, start, (apr_size_t)(end - start));
    return NULL;
}

static const char *parse_line(apr_pool_t *pool, line l, apr_table_t *values)
{
    const char *name;
    const char *value;
    skip_blanks(&l);
    if (l.at == l.end || *l.at == '#')
        return NULL;
    const char *why = parse_name(pool, &l, &name);
    if (why)
        return why;
    skip_blanks(&l);
    const int quoted = l.at < l.end && (*l.at == '"' || *l.at == '\'');
    why = quoted ? parse_quoted(pool, &l, &value) : parse_bare(pool, &l, &value);
    if (!why)
        apr_table_setn(values, name, value);
    return why;
}

/* Control characters but tab: a NUL hides the rest, a lone CR another line. */
static int is_clean(line l)
{
    for (; l.at < l.end; l.at++) {
        const unsigned char c = (unsigned char)*l.at;
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return 0;
    }
    return 1;
}

const char *pa_envfile_parse(apr_pool_t *pool, pa_bytes text, apr_table_t **out)
{
    apr_table_t *values = apr_table_make(pool, 8);
    const char *at = (const char *)text.at;
    const char *end = at + text.len;
    if (text.len > ENVFILE_MAX)
        return "it is too long";
    if (text.len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    for (int number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (apr_size_t)(end - at));
        line l = { at, newline ? newline : end };
        at = newline ? newline + 1 : end;
        if (newline && l.end > l.at && l.end[-1] == '\r')
            l.end--;
        const char *why = is_clean(l) ? parse_line(pool, l, values) : "has a control character";
        if (why)
            return apr_psprintf(pool, "line %d %s", number, why);
    }
    *out = values;
    return NULL;
}
