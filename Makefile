# make            build build/mod_plusauth.so          make run    serve http://localhost:3000
# make test       unit tests and the Apache::Test suite make lint   layers, format, analysers
# make deb        Debian packages into build/deb        make bench  what a request costs, beside others
# make install    into this machine's httpd             make uninstall  and out of it
# make fuzz       every parser against random bytes     make clean
# make test-on DEBIAN=trixie  the same tests on that Debian, which debootstrap makes (t/tools/debian-root)
# TESTS="unit t/login.t" for test and test-on: only these; `unit` is the C unit tests.
# make test-deb DEBIAN=trixie  the packages in a fresh Debian: install, log in, upgrade, purge
# make test-glewlwyd  the main flows with an OpenID provider from Debian, which it installs
# SAN=1 builds any of them with AddressSanitizer and UndefinedBehaviorSanitizer.

APXS   ?= apxs
CC      = gcc
PORT   ?= 3000
FUZZ_SECONDS ?= 60

ifdef SAN
BUILD  := build-san
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
BUILD  := build
HARDEN := -D_FORTIFY_SOURCE=2
endif

# What is shipped, and where a site configures httpd and keeps templates of its own.
DATADIR   ?= /usr/share/plusauth
CONFDIR   ?= $(call once,CONFDIR,$(APXS) -q SYSCONFDIR)
LIBEXECDIR ?= $(call once,LIBEXECDIR,$(APXS) -q LIBEXECDIR)
# Asked when first needed, so that the packages can be installed before; then kept.
once       = $(eval $1 := $(shell $2))$($1)
INCLUDES   = $(call once,INCLUDES,echo -I`$(APXS) -q INCLUDEDIR` `apr-1-config --includes` `apu-1-config --includes`)
APR_FLAGS  = $(call once,APR_FLAGS,apr-1-config --cppflags)
CPPFLAGS  += $(APR_FLAGS) -DPA_TEMPLATES='"$(DATADIR)/templates"' -DPA_SITE_TEMPLATES='"$(CONFDIR)/plusauth"'
CFLAGS    ?= -O2 -g
WERROR    ?= -Werror
CFLAGS    += -std=gnu11 -fPIC -fvisibility=hidden -fstack-protector-strong -fno-strict-aliasing $(HARDEN) \
             -Wall -Wextra $(WERROR) -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
             -Wpointer-arith -Wwrite-strings -Wvla -Wno-format-nonliteral -Wno-unused-parameter $(SANITIZE)
LDFLAGS   += -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SANITIZE)
LIBS       = -lcurl -ljansson -lcrypto -lz
APR_LIBS   = $(call once,APR_LIBS,echo `apr-1-config --link-ld` `apu-1-config --link-ld`)

LIBRARY_SOURCES := $(wildcard src/base/*.c src/protocol/*.c) src/state/login_state.c src/state/session_record.c \
                   src/state/session_sealed.c src/state/ended_list.c
# A module of its own, so that the other needs no hiredis. hiredis before 1.0 has no TLS.
REDIS_SOURCES   := $(wildcard src/redis/*.c)
REDIS_LIBS       = $(call once,REDIS_LIBS,pkg-config --libs hiredis) \
                   $(call once,REDIS_TLS,pkg-config --exists hiredis_ssl && pkg-config --libs hiredis_ssl openssl)
MODULE_SOURCES  := mod_plusauth.c $(wildcard src/request/*.c) \
                   $(filter-out $(LIBRARY_SOURCES),$(wildcard src/state/*.c))
LIBRARY_OBJECTS := $(LIBRARY_SOURCES:%.c=$(BUILD)/%.o)
MODULE_OBJECTS  := $(MODULE_SOURCES:%.c=$(BUILD)/%.o)
UNIT_TESTS      := $(patsubst t/unit/%.c,$(BUILD)/unit/%,$(wildcard t/unit/test_*.c))
FUZZERS         := $(patsubst t/fuzz/%.c,build-fuzz/%,$(wildcard t/fuzz/fuzz_*.c))

.PHONY: all libplusauth unit run test test-on test-deb test-glewlwyd browser install uninstall deb clean lint layers format bench \
        fuzz packages-build packages-run packages-test packages-browser packages-lint packages-bench \
        packages-fuzz packages-glewlwyd packages-deb
.DELETE_ON_ERROR:

all: packages-build
	@$(MAKE) --no-print-directory $(BUILD)/mod_plusauth.so $(BUILD)/mod_plusauth_redis.so

# The base and protocol layers alone, for whoever wants to link them: no httpd in there.
libplusauth: packages-build
	@$(MAKE) --no-print-directory $(BUILD)/libplusauth.a

$(BUILD)/libplusauth.a: $(LIBRARY_OBJECTS)
	@echo '  AR $@'; rm -f $@; $(AR) rcs $@ $^

$(BUILD)/mod_plusauth.so: $(MODULE_OBJECTS) $(BUILD)/libplusauth.a
	@echo '  LD $@'
	@$(CC) -shared $(CFLAGS) $(LDFLAGS) -o $@ $(MODULE_OBJECTS) $(BUILD)/libplusauth.a $(LIBS)

$(BUILD)/mod_plusauth_redis.so: $(REDIS_SOURCES:%.c=$(BUILD)/%.o)
	@echo '  LD $@'
	@$(CC) -shared $(CFLAGS) $(LDFLAGS) -o $@ $^ $(REDIS_LIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D); echo '  CC $<'
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(INCLUDES) -MMD -MP -c -o $@ $<

unit: $(UNIT_TESTS)

$(BUILD)/unit/%: t/unit/%.c $(BUILD)/libplusauth.a
	@mkdir -p $(@D); echo '  CC $<'
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(INCLUDES) -Isrc -MMD -MP -MF $@.d -o $@ $< $(filter %.o %.a,$^) $(LDFLAGS) $(LIBS) $(APR_LIBS) -lssl -lpthread

$(BUILD)/unit/test_redis_url: $(BUILD)/src/redis/redis_url.o

# The module with one more in it, which signs many users in at once.
$(BUILD)/bench/mod_plusauth.so: t/bench/mod_fill.c $(MODULE_OBJECTS) $(BUILD)/libplusauth.a
	@mkdir -p $(@D); echo '  LD $@'
	@$(CC) -shared $(CPPFLAGS) $(CFLAGS) $(INCLUDES) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/jose-check: t/jose-check.c $(BUILD)/libplusauth.a
	@echo '  CC $<'
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(INCLUDES) -Isrc -o $@ $< $(BUILD)/libplusauth.a $(LDFLAGS) $(LIBS) $(APR_LIBS)

-include $(wildcard $(BUILD)/*.d $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

run: packages-run all
	@PORT=$(PORT) MODULE=$(CURDIR)/$(BUILD)/mod_plusauth.so t/run

# The browser's tests are no part of TESTS, so it is not installed for them.
test: packages-test $(if $(TESTS),,packages-browser) all
	@t/tools/npm-packages t/provider $(if $(TESTS),,t/browser)
	@$(MAKE) --no-print-directory $(if $(SAN),SAN=1) unit $(BUILD)/jose-check
	@PLUSAUTH_BUILD=$(BUILD) t/run-tests $(TESTS)

DEBIAN ?= trixie
test-on:
	@t/tools/debian-root '$(DEBIAN)' sh -c 't/tools/debian-packages build && exec make -j2 test "$$@"' sh \
	    $(if $(SAN),SAN=1) TESTS='$(TESTS)'

# The packages in a fresh Debian, from README.md's lines to purge.
test-deb:
	@t/package/run '$(DEBIAN)'

# No part of `make test`: it installs a server, though one that runs only here.
test-glewlwyd: packages-test packages-glewlwyd all
	@t/tools/npm-packages t/provider
	@PLUSAUTH_BUILD=$(BUILD) t/run-tests t/second/glewlwyd.t

# The pages in a real browser. Makes the pictures that README.md shows.
browser: packages-browser all
	@t/tools/npm-packages t/provider t/browser
	@SITE_PORT=3000 MODULE=$(CURDIR)/$(BUILD)/mod_plusauth.so prove -e node t/browser/browser.test.js
	@node t/browser/picture.js

install: all
	@BUILD=$(BUILD) $(INSTALL_PATHS) conf/install put

uninstall:
	@$(INSTALL_PATHS) conf/install remove

INSTALL_PATHS = DESTDIR='$(DESTDIR)' LIBEXECDIR='$(LIBEXECDIR)' DATADIR='$(DATADIR)' CONFDIR='$(CONFDIR)'

# Debian packages, in build/deb. Debian's tools want the folder debian/ at the top of a tree that they may
# write to, so they get a copy. The version is that of the changelog.
DEB_SOURCES := Makefile mod_plusauth.c src conf templates LICENSE README.md .env.example

deb: packages-deb
	@rm -rf build/deb && mkdir -p build/deb/source
	@cp -R $(DEB_SOURCES) build/deb/source && mv build/deb/source/conf/debian build/deb/source/debian
	@cd build/deb/source && env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS -u SAN dpkg-buildpackage --build=binary --no-sign
	@rm -rf build/deb/source
	@ls build/deb/*.deb

clean:
	rm -rf build build-san build-fuzz

# Whoever includes something of a layer above its own is told where.
layers:
	@! grep -nE '#include "\.\./(protocol|state|request)/' src/base/*.[ch] /dev/null
	@! grep -nE '#include "\.\./(state|request)/' src/protocol/*.[ch] /dev/null
	@! grep -nE '#include "\.\./request/' src/state/*.[ch] /dev/null
	@! grep -nE 'request_rec' src/base/*.[ch] src/protocol/*.[ch] /dev/null

SOURCES := mod_plusauth.c $(wildcard src/*.h src/*/*.[ch])

format:
	clang-format -i $(SOURCES)

lint: packages-lint layers
	@clang-format --dry-run --Werror $(SOURCES)
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,portability,performance \
	    --suppress=missingIncludeSystem --suppress=unknownMacro -j2 mod_plusauth.c src
	clang-tidy --quiet $(LIBRARY_SOURCES) $(MODULE_SOURCES) $(REDIS_SOURCES) -- \
	    $(CPPFLAGS) -std=gnu11 $(subst -I,-isystem ,$(INCLUDES)) 2>/dev/null

bench: packages-bench all
	@$(if $(SCALE),$(MAKE) --no-print-directory $(BUILD)/bench/mod_plusauth.so)
	@t/bench/run $(if $(SCALE),--scale)

# Each parser for FUZZ_SECONDS; the corpora are replayed by `make test`.
fuzz: packages-fuzz
	@$(MAKE) --no-print-directory $(FUZZERS)
	@for fuzzer in $(FUZZERS); do \
	    name=$${fuzzer##*/fuzz_}; mkdir -p build-fuzz/corpus/$$name; \
	    echo "== $$name"; \
	    $$fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -rss_limit_mb=2048 -artifact_prefix=build-fuzz/ \
	        build-fuzz/corpus/$$name t/fuzz/corpus/$$name || exit 1; \
	done

build-fuzz/fuzz_%: t/fuzz/fuzz_%.c $(LIBRARY_SOURCES) $(wildcard src/*/*.h)
	@mkdir -p $(@D)
	clang $(CPPFLAGS) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined $(INCLUDES) -Isrc -o $@ \
	    $< $(LIBRARY_SOURCES) $(LIBS) $(APR_LIBS)

packages-build packages-run packages-test packages-browser packages-lint packages-bench packages-fuzz \
packages-glewlwyd packages-deb: packages-%:
	@t/tools/debian-packages $*
