# Shardwire. `make` builds ./shardwire; `make help` lists the rest.
ifeq ($(origin CC),default)
CC = gcc
endif
PREFIX ?= /usr/local
SAN ?=
B ?= build$(if $(SAN),-$(SAN))

LIBS = libuv openssl yaml-0.1 libxxhash libmariadb sqlite3 libmicrohttpd
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(CI),-Werror)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -I. $(WARN) $(CFLAGS) $(SAN_CFLAGS) $(shell pkg-config --cflags $(LIBS))
SAN_CFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
LDLIBS = $(shell pkg-config --libs $(LIBS)) -lm -lpthread
ALL_LDFLAGS = $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN))

LAYERS = conf protocol router proxy
OBJS = $(foreach l,$(LAYERS),$(patsubst %.c,$(B)/%.o,$(wildcard $(l)/*.c)))
UNIT = $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all tests help demo check check-mysql unit it fuzz fuzz-corpus bench lint install clean
all: $(if $(SAN),$(B)/shardwire,shardwire)

shardwire: $(B)/shardwire
	cp $< $@
$(B)/shardwire: $(OBJS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
-include $(OBJS:.o=.d) $(UNIT:=.d)

# the layers as archives, for the unit tests and fuzzers: everything but main()
$(B)/all.a: $(filter-out $(B)/proxy/main.o,$(OBJS))
	@rm -f $@
	ar rcs $@ $^
$(B)/unit/%: tests/unit/%.c $(B)/all.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP $(ALL_LDFLAGS) -o $@ $< $(B)/all.a $(LDLIBS) $(shell pkg-config --libs check)

# ---- tests ----

PYTEST = /usr/bin/python3 -m pytest -q -n $(JOBS)
JOBS ?= 2

# What is missing is installed first, and only then make looks for libraries and builds.
check: packages-check
	$(MAKE) -j$(JOBS) all tests
	$(MAKE) unit fuzz-corpus lint it
packages-%:
	sh tests/packages.sh $*

tests: $(UNIT) $(addprefix $(B)/fuzz/,$(FUZZ))

unit: $(UNIT)
	@bad=; for t in $(UNIT); do echo "== $$t"; $$t || bad="$$bad $$t"; done; \
	test -z "$$bad" || { echo "failed:$$bad"; exit 1; }

it: all
	SHARDWIRE_BIN=$(abspath $(if $(SAN),$(B)/shardwire,shardwire)) $(PYTEST) $(IT_OPTS) tests/it

check-mysql: packages-check packages-mysql
	$(MAKE) -j$(JOBS) all
	/usr/bin/python3 tests/servers/cluster.py root
	SHARDWIRE_SERVER=mysql SHARDWIRE_BIN=$(abspath $(if $(SAN),$(B)/shardwire,shardwire)) $(PYTEST) $(IT_OPTS) tests/it

# every fuzz target over its corpus, with gcc; `make fuzz` goes on from there with libFuzzer
$(B)/fuzz/%: tests/fuzz/%.c tests/fuzz/main.c $(B)/all.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< tests/fuzz/main.c $(B)/all.a $(LDLIBS)
fuzz-corpus: $(addprefix $(B)/fuzz/,$(FUZZ))
	@for f in $(FUZZ); do echo "== $$f"; $(B)/fuzz/$$f tests/fuzz/corpus/$${f#fuzz_} || exit 1; done

FUZZ_SECONDS ?= 60
fuzz: packages-fuzz
	$(MAKE) CC=clang SAN=fuzzer-no-link,address,undefined B=build-fuzz build-fuzz/all.a
	@for f in $(FUZZ); do clang $(filter-out -fsanitize%,$(ALL_CFLAGS)) -fsanitize=fuzzer,address,undefined -o build-fuzz/$$f \
	    tests/fuzz/$$f.c build-fuzz/all.a $(LDLIBS) && mkdir -p build-fuzz/new/$$f && \
	    build-fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=build-fuzz/$$f- \
	    build-fuzz/new/$$f tests/fuzz/corpus/$${f#fuzz_} || exit 1; done

# ---- the rest ----

demo: packages-demo
	$(MAKE) -j$(JOBS) all
	/usr/bin/python3 tests/demo.py

bench: packages-bench
	$(MAKE) -j$(JOBS) all
	/usr/bin/python3 bench/run.py $(BENCH_OPTS)

lint:
	/usr/bin/python3 tests/lint/lint.py

install: all
	install -D -m 755 shardwire $(DESTDIR)$(PREFIX)/sbin/shardwire
	install -D -m 644 conf/example.conf $(DESTDIR)$(PREFIX)/share/doc/shardwire/example.conf
	install -D -m 644 conf/shardwire.8 $(DESTDIR)$(PREFIX)/share/man/man8/shardwire.8

clean:
	rm -rf build build-* shardwire bench/relay bench/load

help:
	@echo "make              build ./shardwire"
	@echo "make demo         4 shards of real MariaDB, Shardwire in front, a sample schema"
	@echo "make check        every test, with MariaDB; parts of it: unit, fuzz-corpus, lint, it"
	@echo "make check-mysql  the integration tests with MySQL 9 (as root)"
	@echo "make fuzz         every fuzz target for FUZZ_SECONDS (60) under libFuzzer"
	@echo "make bench        measure, and write the figures to bench/README.md"
	@echo "make install      with DESTDIR= and PREFIX= (/usr/local)"
	@echo "make clean"
	@echo "SAN=address,undefined or SAN=thread builds into a folder of its own: make SAN=thread unit"
	@echo "IT_OPTS='-k name' chooses integration tests, JOBS=2 says how many run at once; CI=1: warnings are errors"
