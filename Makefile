# Shardwire. `make` builds ./shardwire; `make help` lists the rest.
CC ?= gcc
PREFIX ?= /usr/local
SAN ?=
B ?= build$(if $(SAN),-$(SAN))

LIBS = libuv openssl yaml-0.1 libxxhash libmariadb sqlite3 libmicrohttpd
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(CI),-Werror)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -I. $(WARN) $(CFLAGS) $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -O1) \
             $(shell pkg-config --cflags $(LIBS))
LDLIBS = $(shell pkg-config --libs $(LIBS)) -lm -lpthread
ALL_LDFLAGS = $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN))

LAYERS = conf protocol router proxy
OBJS = $(foreach l,$(LAYERS),$(patsubst %.c,$(B)/%.o,$(wildcard $(l)/*.c)))
UNIT = $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all help demo check check-mysql unit it fuzz fuzz-corpus bench lint install clean
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
