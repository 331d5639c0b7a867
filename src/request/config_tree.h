/* config_tree.h: the directives as httpd read them, with file and line: what a structure that a
 * directive filled does not tell any more. Include, <IfModule> and macros are replaced by what they
 * gave; <Location>, <If>, <Limit> and other sections are there with what is in them. For
 * check_config and post_config: later the tree is gone. */
#ifndef PA_CONFIG_TREE_H
#define PA_CONFIG_TREE_H

#include <util_cfgtree.h>

#include "../plusauth.h"

/* The last directive of one of these names (a list that ends with NULL) that stands directly in the
 * virtual host, or for the main server outside of all sections. NULL if there is none. */
const ap_directive_t *pa_config_tree_said(const server_rec *s, const char *const *names);

/* The virtual host that this <VirtualHost> section makes; NULL for another section. */
server_rec *pa_config_tree_host(server_rec *main_server, const ap_directive_t *section);

/* Whether it has this name, in whatever case. */
int pa_config_tree_is(const ap_directive_t *directive, const char *name);

/* The first argument, without its quotes. */
const char *pa_config_tree_argument(apr_pool_t *pool, const ap_directive_t *directive);

#endif
