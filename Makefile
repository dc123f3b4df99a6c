# Fihrist: one Makefile; everything built goes to build/<mode>/. `make help` lists the targets.
#
# Sources are found by folder: every .c file in the rooms below is part of the library; every file
# tests/<kind>/test_*.c is one cmocka program, linked with tests/support/*.c; tests/<kind>/test_*.sh is one
# script; tests/fuzz/fuzz_*.c defines LLVMFuzzerTestOneInput. Modes: release debug asan ubsan tsan fuzz.
# Another mode of a target runs the same rules with MODE changed, never another Makefile.

MODE ?= release
BUILD := build/$(MODE)
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
VERSION := 0.1.0

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
TEST_JOBS ?= 2
TEST_TIMEOUT ?= 300
FUZZ_SECONDS ?= 10

# ---- what must be installed (Debian names) -----------------------------------------------------------------
DEPS_build := gcc g++ make pkg-config libuv1-dev libjansson-dev libyajl-dev libzstd-dev zlib1g-dev libicu-dev \
              libxapian-dev libhttp-parser-dev libxml2-dev
DEPS_test := $(DEPS_build) libcmocka-dev
DEPS_lint := $(DEPS_test) clang clang-format clang-tidy
DEPS_fuzz := $(DEPS_test) clang libclang-rt-dev
# Engines to measure against; `make bench` goes without those that cannot be installed.
DEPS_peers := libsqlite3-dev openjdk-17-jdk-headless liblucene8-java
DEPS_all := $(sort $(DEPS_test) $(DEPS_lint) $(DEPS_fuzz) $(DEPS_peers))

# ---- flags -------------------------------------------------------------------------------------------------
CC_fuzz := clang
CXX_fuzz := clang++
ifeq ($(origin CC),default)
CC := $(or $(CC_$(MODE)),gcc)
endif
ifeq ($(origin CXX),default)
CXX := $(or $(CXX_$(MODE)),g++)
endif
WARN := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wundef -Wvla
WARN_C := $(WARN) -Wstrict-prototypes -Wmissing-prototypes
OPT_release := -O3 -g -DNDEBUG
OPT_debug := -Og -g
OPT_asan := -O1 -g -fsanitize=address -fno-omit-frame-pointer
OPT_ubsan := -O1 -g -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
OPT_fuzz := -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT := $(OPT_$(MODE))
# Instrumented code makes gcc warn of what nobody wrote; release and debug are the judges.
WARN_ubsan := -Wno-conversion -Wno-maybe-uninitialized -Wno-format-truncation -Wno-stringop-overflow
WARN_asan := -Wno-maybe-uninitialized -Wno-format-truncation -Wno-stringop-overflow
WARN_tsan := -Wno-maybe-uninitialized -Wno-format-truncation -Wno-stringop-overflow
$(if $(OPT),,$(error MODE=$(MODE) is none of release debug asan ubsan tsan fuzz))

# Asked only when something is compiled, then remembered: pkg-config may not be there before `make deps`.
PKGS := libuv jansson yajl libzstd zlib icu-uc icu-i18n libxml-2.0 xapian-core
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS) | sed 's/-I/-isystem /g'))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)) -lhttp_parser)$(PKG_LIBS)
CPPFLAGS_ALL = -Iinclude -I. -D_GNU_SOURCE -DFH_VERSION='"$(VERSION)"' $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL = -std=c17 $(OPT) $(WARN_C) $(WARN_$(MODE)) -pthread -ffp-contract=off -fvisibility=hidden -MMD -MP $(CFLAGS)
CXXFLAGS_ALL = -std=c++17 $(OPT) $(WARN) $(WARN_$(MODE)) -pthread -fvisibility=hidden -MMD -MP $(CXXFLAGS)
LDLIBS_ALL = $(PKG_LIBS) -lstdc++ -lm -pthread
# Calls that tests/fault may make fail; tests/support/wrap defines __wrap_ for each.
WRAPPED := malloc calloc realloc aligned_alloc posix_memalign strdup strndup
comma := ,
WRAP_LDFLAGS := $(WRAPPED:%=-Wl$(comma)--wrap=%)

# ---- sources and what becomes of them ----------------------------------------------------------------------
PUBLIC_H := $(wildcard include/fihrist/*.h)
LIB_C := $(filter-out engine/cli/main.c,$(wildcard engine/*/*.c indexer/*.c query/*.c query/*/*.c bench/*.c))
LIB_CC := $(wildcard engine/xap/*.cc)
LIB_O := $(LIB_C:%.c=$(BUILD)/%.o) $(LIB_CC:%.cc=$(BUILD)/%.o)
LIB := $(BUILD)/libfihrist.a
# Programs of other engines to measure against, where their libraries are.
PEER_NAMES := $(shell pkg-config --exists sqlite3 2>/dev/null && echo sqlite)
PEER_BIN := $(PEER_NAMES:%=$(BUILD)/bench/peers/%)
SUPPORT_O := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
WRAP_O := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/wrap/*.c))
FAULT_BIN := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fault/test_*.c))
TEST_BIN := $(filter-out $(FAULT_BIN),$(patsubst %.c,$(BUILD)/%,$(wildcard tests/*/test_*.c)))
# What tests/tidy looks at does not change under a sanitizer.
TEST_SH := $(filter-out $(if $(filter asan ubsan tsan,$(MODE)),tests/tidy/%),$(wildcard tests/*/test_*.sh))
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BIN := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/fuzz_%)
REPLAY_BIN := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/replay_%)
LINT_C := $(LIB_C) engine/cli/main.c $(PEER_NAMES:%=bench/peers/%.c) $(wildcard tests/*/*.c tests/support/wrap/*.c)
LINT_H := $(wildcard include/fihrist/*.h engine/*/*.h indexer/*.h query/*.h query/*/*.h bench/*.h tests/*/*.h)

V ?=
Q := $(if $(V),,@)
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-5s %s\n' $(1) $(2))
# Work that deps must precede, or that another mode must do: this Makefile again, in parallel unless told.
again = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help deps deps-all demo font test test-browser test-browser-run tests-build test-run lint format asan ubsan tsan fuzz-build fuzz-smoke bench \
        bench-smoke install uninstall clean

all: $(BUILD)/fihrist ## build the program (build/release/fihrist)

$(BUILD)/fihrist: $(BUILD)/engine/cli/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

$(LIB): $(LIB_O)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) qcs $@ $(LIB_O)

$(BUILD)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

# The assembler reads these by their names, which -MMD does not see. The font goes in once `make font` has fetched it.
FONT := $(firstword $(wildcard build/font/node_modules/@fontsource-variable/noto-naskh-arabic/files/*-arabic-wght-normal.woff2))
$(BUILD)/query/page/page_files.o: $(wildcard query/page/*.* build/font/installed)
$(BUILD)/query/page/page_files.o: CPPFLAGS_ALL += $(if $(FONT),-DFHI_PAGE_FONT='"$(FONT)"')

$(BUILD)/%.o: %.cc
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS_ALL) $(CXXFLAGS_ALL) -c -o $@ $<

# ---- tests -------------------------------------------------------------------------------------------------
$(TEST_BIN): $(BUILD)/%: $(BUILD)/%.o $(SUPPORT_O) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL) -lcmocka

$(FAULT_BIN): $(BUILD)/%: $(BUILD)/%.o $(SUPPORT_O) $(WRAP_O) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) $(WRAP_LDFLAGS) -o $@ $^ $(LDLIBS_ALL) -lcmocka

$(REPLAY_BIN): $(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(SUPPORT_O) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL) -lcmocka

$(FUZZ_BIN): $(BUILD)/%: $(BUILD)/%.o $(SUPPORT_O) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(OPT) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL) -lcmocka

$(PEER_BIN): $(BUILD)/bench/peers/%: $(BUILD)/bench/peers/%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL) $(shell pkg-config --libs sqlite3)

tests-build: $(TEST_BIN) $(FAULT_BIN) $(REPLAY_BIN) $(PEER_BIN)

test-run: $(BUILD)/fihrist tests-build
	@MODE=$(MODE) CC="$(CC)" CXX="$(CXX)" MAKE="$(MAKE)" TEST_JOBS=$(TEST_JOBS) TEST_TIMEOUT=$(TEST_TIMEOUT) \
	    tests/support/run.sh $(TEST_BIN) $(FAULT_BIN) $(REPLAY_BIN) $(TEST_SH)

test: ## build and run every test; installs what is missing first
	@.ci/deps $(DEPS_test)
	@$(again) MODE=$(MODE) test-run

# What npm installs goes below build/, by the lock files.
DEPS_node := $(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm)
npm_ci = mkdir -p build/$(2) && cp $(1)/package.json $(1)/package-lock.json $(1)/.npmrc build/$(2)/ && \
         { cmp -s $(1)/package-lock.json build/$(2)/installed || \
           { npm ci --silent --prefix build/$(2) && cp $(1)/package-lock.json build/$(2)/installed; }; }

font: ## fetch an Arabic face that the next build puts into the program; the page does without it
	@$(if $(strip $(DEPS_node)),.ci/deps $(DEPS_node))
	@$(call npm_ci,query/page/font,font)

test-browser: ## the search page in Chromium; pictures of it go to build/browser/shots
	@.ci/deps $(DEPS_build) chromium $(DEPS_node)
	@$(MAKE) --no-print-directory font || echo "test-browser: without the font" >&2
	@$(call npm_ci,tests/browser,browser)
	@$(again) MODE=$(MODE) test-browser-run

BROWSER_TESTS := $(wildcard tests/browser/test_*.mjs)
test-browser-run: $(BUILD)/fihrist
	@MODE=$(MODE) TEST_JOBS=$(TEST_JOBS) TEST_TIMEOUT=$(TEST_TIMEOUT) tests/support/run.sh $(BROWSER_TESTS)

asan ubsan tsan: ## the tests under one sanitizer: addresses, undefined behaviour, threads
	@.ci/deps $(DEPS_test)
	@$(again) MODE=$@ test-run

fuzz-build: $(FUZZ_BIN)

fuzz-smoke: ## every fuzz target for FUZZ_SECONDS=10 each under clang, from its corpus in seeds/fuzz
	@.ci/deps $(DEPS_fuzz)
	@$(again) MODE=fuzz fuzz-build
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/support/fuzz.sh $(FUZZ_NAMES)

# ---- lint --------------------------------------------------------------------------------------------------
# One stamp per file, so that a second run looks only at what has changed.
TIDY_OK := $(LINT_C:%=build/lint/%.ok) $(LIB_CC:%=build/lint/%.ok)
TIDY_FLAGS = $(CPPFLAGS_ALL) $(filter-out -Werror,$(if $(filter %.cc,$<),-std=c++17 $(WARN),-std=c17 $(WARN_C)))

lint: ## formatting (clang-format), clang-tidy, and the checks of tests/tidy
	@.ci/deps $(DEPS_lint)
	@$(again) lint-format lint-clang $(BUILD)/fihrist
	@TEST_JOBS=$(TEST_JOBS) TEST_TIMEOUT=$(TEST_TIMEOUT) MODE=$(MODE) CC="$(CC)" CXX="$(CXX)" MAKE="$(MAKE)" \
	    tests/support/run.sh $(wildcard tests/tidy/test_*.sh)

.PHONY: lint-format lint-clang
lint-format:
	$(call say,LINT,clang-format)
	$(Q)clang-format --dry-run -Werror $(LINT_C) $(LIB_CC) $(LINT_H)

lint-clang: $(TIDY_OK)

build/lint/%.ok: % .clang-tidy tests/.clang-tidy $(LINT_H)
	$(call say,TIDY,$<)
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- $(TIDY_FLAGS) 2>build/lint/$*.err || { cat build/lint/$*.err >&2; false; }
	@touch $@

format: ## rewrite every file as clang-format wants it
	@clang-format -i $(LINT_C) $(LIB_CC) $(LINT_H)

# ---- for people --------------------------------------------------------------------------------------------
demo: ## build, index seeds/, serve, ask in French and in Arabic
	@.ci/deps $(DEPS_build)
	@$(again) all
	@FIHRIST=$(BUILD)/fihrist seeds/demo.sh

bench: ## index and query against libxapian, SQLite, Lucene; tables, and a page in build/bench
	@.ci/deps $(DEPS_build)
	@.ci/deps $(DEPS_peers) || echo "bench: without the engines that are not there" >&2
	@$(again) bench-build
	@FIHRIST=$(BUILD)/fihrist bench/run.sh

.PHONY: bench-build
bench-build: $(BUILD)/fihrist $(PEER_BIN) ; @:

.PHONY: bench-scale
bench-scale: ## time and bytes over made-up corpora of 10,000 to 1,000,000 articles (BENCH_SIZES="...")
	@.ci/deps $(DEPS_build)
	@$(again) bench-build
	@FIHRIST=$(BUILD)/fihrist bench/scale.sh

# `make bench-compare A B` or, where a name is also that of a target, `make bench-compare A=... B=...`
ifeq ($(firstword $(MAKECMDGOALS)),bench-compare)
A ?= $(word 2,$(MAKECMDGOALS))
B ?= $(word 3,$(MAKECMDGOALS))
.PHONY: $(wordlist 2,3,$(MAKECMDGOALS))
$(wordlist 2,3,$(MAKECMDGOALS)): ; @:
endif
.PHONY: bench-compare
bench-compare: ## A B: two revisions or programs in turns: regression, noise or gain, and how sure
	@.ci/deps $(DEPS_build)
	@$(again) bench-build
	@FIHRIST=$(BUILD)/fihrist bench/compare.sh "$(A)" "$(B)"

bench-smoke: ## the bench on a small corpus: that engines agree, never how fast they are; part of make test
	@.ci/deps $(DEPS_build)
	@$(again) bench-build
	@MODE=$(MODE) TEST_JOBS=$(TEST_JOBS) TEST_TIMEOUT=$(TEST_TIMEOUT) tests/support/run.sh $(wildcard tests/bench/test_*.sh)

deps: ## install what is missing to build, test, lint and measure (apt-get), or say how
	@.ci/deps $(DEPS_all)

# ---- install -----------------------------------------------------------------------------------------------
DOCS := $(wildcard README.md CHANGELOG.md LICENSE engine/DESIGN.md engine/FORMAT.md query/LANGUAGE.md \
                   query/PROTOCOL.md query/MALFORMED.md query/SERVE.md bench/METHOD.md)
BIN_TO = $(DESTDIR)$(PREFIX)/bin
LIB_TO = $(DESTDIR)$(LIBDIR)
INCLUDE_TO = $(DESTDIR)$(PREFIX)/include/fihrist
DOC_TO = $(DESTDIR)$(PREFIX)/share/doc/fihrist
UNIT_TO = $(DESTDIR)$(PREFIX)/lib/systemd/system
UNITS := fihrist.service fihrist.socket

define PC
prefix=$(PREFIX)
includedir=$${prefix}/include
libdir=$(LIBDIR)

Name: fihrist
Description: full-text search for the French and Arabic press
Version: $(VERSION)
Requires.private: $(PKGS)
Cflags: -I$${includedir}
Libs: -L$${libdir} -lfihrist
Libs.private: -lhttp_parser -lstdc++ -lm -pthread
endef
export PC

install: $(BUILD)/fihrist ## program, library, headers, documents, systemd units: PREFIX=/usr/local DESTDIR=
	install -d $(BIN_TO) $(LIB_TO)/pkgconfig $(INCLUDE_TO) $(DOC_TO) $(UNIT_TO)
	install -m 755 $(BUILD)/fihrist $(BIN_TO)
	install -m 644 $(LIB) $(LIB_TO)
	printf '%s\n' "$$PC" >$(LIB_TO)/pkgconfig/fihrist.pc
	install -m 644 $(PUBLIC_H) $(INCLUDE_TO)
	install -m 644 $(DOCS) $(DOC_TO)
	install -m 644 query/server/nginx/fihrist.conf $(DOC_TO)/nginx.conf
	for unit in $(UNITS); do \
	    sed 's|@PREFIX@|$(PREFIX)|g' query/server/systemd/$$unit >$(UNIT_TO)/$$unit && chmod 644 $(UNIT_TO)/$$unit || exit 1; done

uninstall: ## remove what install put there, same PREFIX and DESTDIR
	rm -f $(BIN_TO)/fihrist $(LIB_TO)/libfihrist.a $(LIB_TO)/pkgconfig/fihrist.pc $(UNITS:%=$(UNIT_TO)/%)
	rm -rf $(INCLUDE_TO) $(DOC_TO)

clean: ## remove build/
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z -]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
	@echo "  Variables: MODE=release|debug|asan|ubsan|tsan JOBS TEST_JOBS TEST_TIMEOUT FUZZ_SECONDS CC CXX V=1"

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
