# Fihrist: one Makefile, nothing recursive; everything built goes to build/<mode>/.
#
# Sources are found by folder: every .c file in the rooms below is part of the library, every file
# tests/<kind>/test_*.c is one test program.

MODE ?= release
BUILD := build/$(MODE)
PREFIX ?= /usr/local
DESTDIR ?=

CC ?= cc
CXX ?= c++
PKGS := libuv jansson libzstd zlib icu-uc icu-i18n xapian-core
WARN := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wundef -Wvla
WARN_C := $(WARN) -Wstrict-prototypes -Wmissing-prototypes
OPT_release := -O2 -g -DNDEBUG
OPT_debug := -O0 -g
OPT_asan := -O1 -g -fsanitize=address -fno-omit-frame-pointer
OPT_ubsan := -O1 -g -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
OPT := $(OPT_$(MODE))

PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) | sed 's/-I/-isystem /g')
PKG_LIBS = $(shell pkg-config --libs $(PKGS)) -lhttp_parser
CPPFLAGS_ALL = -Iinclude -I. -D_GNU_SOURCE $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL = -std=c17 $(OPT) $(WARN_C) -pthread -ffp-contract=off -fvisibility=hidden -MMD -MP $(CFLAGS)
CXXFLAGS_ALL = -std=c++17 $(OPT) $(WARN) -pthread -fvisibility=hidden -MMD -MP $(CXXFLAGS)
LDLIBS_ALL = $(PKG_LIBS) -lstdc++ -lm -pthread

LIB_C := $(filter-out engine/cli/main.c,$(wildcard engine/*/*.c indexer/*.c query/*.c bench/*.c))
LIB_CC := $(wildcard engine/xap/*.cc)
LIB_O := $(LIB_C:%.c=$(BUILD)/%.o) $(LIB_CC:%.cc=$(BUILD)/%.o)
TEST_C := $(wildcard tests/*/test_*.c)
TEST_BIN := $(TEST_C:%.c=$(BUILD)/%)
TEST_SUPPORT_O := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))

all: $(BUILD)/fihrist

$(BUILD)/fihrist: $(BUILD)/engine/cli/main.o $(BUILD)/libfihrist.a
	$(CC) $(OPT) -o $@ $^ $(LDLIBS_ALL)

$(BUILD)/libfihrist.a: $(LIB_O)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

$(BUILD)/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS_ALL) $(CXXFLAGS_ALL) -c -o $@ $<

$(TEST_BIN): $(BUILD)/%: $(BUILD)/%.o $(TEST_SUPPORT_O) $(BUILD)/libfihrist.a
	$(CC) $(OPT) $(TEST_LDFLAGS) -o $@ $^ $(LDLIBS_ALL) -lcmocka

tests-build: $(TEST_BIN)

clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all clean tests-build
