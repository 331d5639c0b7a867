/* claims.c: the user's claims made flat, for the environment of applications (OpenID Connect Core
 * 5.1). Names and values come from the provider and end up in other people's programs: what could
 * be taken for another variable, or end a line, does not leave here. */
#include "claims.h"

#include <apr_cstr.h>
#include <apr_strings.h>
#include <string.h>

#include "../base/json.h"
#include "../base/text.h"

/* Environment variables' names; the longest standard claim has 21 characters. */
#define NAME_MAX_LEN 128

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

/* Enough for every standard claim and a tenant's own; names are compared one with all. */
#define CLAIMS_MAX 256

/* What an ID token says of itself rather than of the user. */
static const char *const token_claims[] = {
    "iss", "aud", "exp", "iat", "nbf", "nonce", "azp", "jti", "at_hash", "c_hash", "s_hash", "sid",
};

static int is_token_claim(const char *name)
{
    apr_size_t i;

    for (i = 0; i < sizeof(token_claims) / sizeof(*token_claims); i++)
        if (!strcmp(token_claims[i], name))
            return 1;
    return 0;
}

static char *without_control_characters(apr_pool_t *pool, const char *text, apr_size_t len)
{
    char *copy = apr_pstrmemdup(pool, text, len);
    char *at;

    for (at = copy; at < copy + len; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    return copy;
}

static char *make_name(apr_pool_t *pool, const char *name)
{
    char *copy = apr_pstrdup(pool, name);
    char *at;

    for (at = copy; *at; at++)
        if (!strchr(NAME_CHARACTERS, *at))
            *at = '_';
    return copy;
}

/* The flat text of a value; NULL and *why set when it has none that may be handed out, NULL alone
 * for null. */
static const char *make_value(apr_pool_t *pool, const json_t *value, const char **why)
{
    const char *text = json_string_value(value);
    apr_size_t len = json_string_length(value);

    *why = NULL;
    if (json_is_null(value))
        return NULL;
    if (!text) {
        text = pa_json_dump(pool, value, 0);
        len = text ? strlen(text) : 0;
    }
    if (text && len <= PA_CLAIM_MAX)
        return without_control_characters(pool, text, len);
    *why = apr_psprintf(pool, "longer than %d bytes", PA_CLAIM_MAX);
    return NULL;
}

/* What was found so far under this name. httpd's tables do not tell case apart: neither may names.
 */
static pa_claim *find(const apr_array_header_t *claims, const char *name)
{
    for (int i = 0; i < claims->nelts; i++)
        if (!apr_cstr_casecmp(APR_ARRAY_IDX(claims, i, pa_claim).name, name))
            return &APR_ARRAY_IDX(claims, i, pa_claim);
    return NULL;
}

/* Notes a claim that applications do not get. */
static void leave_out(apr_array_header_t *left_out, const char *said, const char *why)
{
    APR_ARRAY_PUSH(left_out, const char *) = apr_psprintf(
        left_out->pool, "%s%s (%s)", pa_text_printable(left_out->pool, said, NAME_MAX_LEN),
        strlen(said) > NAME_MAX_LEN ? "..." : "", why);
}

/* Of two claims that would be one variable nobody can tell which the application means: it gets
 * neither. */
static void add(apr_array_header_t *claims, const char *said, const json_t *value,
                apr_array_header_t *left_out)
{
    apr_size_t len = strlen(said);
    const char *name = make_name(claims->pool, said), *why;
    pa_claim *claim = find(claims, name);

    if (len == 0)
        return;
    if (len > NAME_MAX_LEN) {
        leave_out(left_out, said, "its name is too long");
    }
    else if (claim && strcmp(claim->said, said) != 0) {
        leave_out(left_out, said, "another claim has that name as a variable");
        claim->why = "another claim has that name as a variable";
        claim->value = NULL;
    }
    else if (claim) {
        if (!claim->value && !claim->why)
            claim->value = make_value(claims->pool, value, &claim->why);
    }
    else if (claims->nelts < CLAIMS_MAX) {
        const char *text = make_value(claims->pool, value, &why);

        APR_ARRAY_PUSH(claims, pa_claim) =
            (pa_claim){ name, text, apr_pstrdup(claims->pool, said), why };
    }
    else {
        leave_out(left_out, said, "there are too many");
    }
}

/* Those with a value, and the reasons why others have none. */
static void keep_values(apr_array_header_t *claims, apr_array_header_t *left_out)
{
    int kept = 0;

    for (int i = 0; i < claims->nelts; i++) {
        const pa_claim claim = APR_ARRAY_IDX(claims, i, pa_claim);

        if (claim.value)
            APR_ARRAY_IDX(claims, kept++, pa_claim) = claim;
        else if (claim.why)
            leave_out(left_out, claim.said, claim.why);
    }
    claims->nelts = kept;
}

apr_array_header_t *pa_claims_flatten(apr_pool_t *pool, const json_t *userinfo,
                                      const json_t *id_token, apr_array_header_t *left_out)
{
    apr_array_header_t *claims = apr_array_make(pool, 16, sizeof(pa_claim));
    const char *name;
    json_t *value;

    /* jansson's iterators want an object that is not const, yet change nothing. */
    json_object_foreach ((json_t *)userinfo, name, value)
        add(claims, name, value, left_out);
    json_object_foreach ((json_t *)id_token, name, value)
        if (!is_token_claim(name))
            add(claims, name, value, left_out);
    keep_values(claims, left_out);
    return claims;
}

const char *pa_claims_document(apr_pool_t *pool, const json_t *claims)
{
    json_t *kept = pa_json_own(pool, json_object());
    const char *name, *text;
    json_t *value;

    json_object_foreach ((json_t *)claims, name, value) {
        text = pa_json_dump(pool, value, 0);
        if (text && strlen(text) <= PA_CLAIM_MAX)
            json_object_set(kept, name, value);
    }
    text = pa_json_dump(pool, kept, 0);
    return text && strlen(text) <= PA_CLAIMS_DOCUMENT_MAX ? text : NULL;
}

const char *pa_claims_display_name(apr_pool_t *pool, const json_t *userinfo, const json_t *id_token)
{
    static const char *const names[] = { "username", "preferred_username", "email", "name", "sub" };
    const char *found = NULL;
    apr_size_t i;

    for (i = 0; !found && i < sizeof(names) / sizeof(*names); i++) {
        found = pa_json_text(userinfo, names[i]);
        if (!found)
            found = pa_json_text(id_token, names[i]);
    }
    return found ? without_control_characters(pool, found, strlen(found)) : NULL;
}
