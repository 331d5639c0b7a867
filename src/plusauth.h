/* plusauth.h: what every file that knows httpd shares: the module's name. */
#ifndef PLUSAUTH_H
#define PLUSAUTH_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

extern module AP_MODULE_DECLARE_DATA plusauth_module;
APLOG_USE_MODULE(plusauth);

#endif
