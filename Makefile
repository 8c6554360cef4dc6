# Galua - build, test, install. `make help` lists the targets. Objects go to build/ (release) or build/MODE/.
VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
MODE    ?= release
B       := $(if $(filter release,$(MODE)),build,build/$(MODE))
O       := $(B)/obj
PKGS    := luajit gsl hdf5 cfitsio readline libxxhash zlib libsharp chealpix
PKG_CONFIG ?= pkg-config

# what an attacker of a parser meets; alternating runs of `galua bench` show no difference beyond their noise (5 %)
HARDEN      := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDEN_LINK := -Wl,-z,relro,-z,now,-z,noexecstack
OPT_release := -O3 -g $(HARDEN)
OPT_debug   := -O0 -g3 -DGAL_DEBUG
OPT_asan    := -O1 -g -fsanitize=address -fno-omit-frame-pointer -DGAL_SANITIZE
OPT_ubsan   := -O1 -g -fsanitize=undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DGAL_SANITIZE
OPT_tsan    := -O1 -g -fsanitize=thread -fno-omit-frame-pointer -DGAL_SANITIZE
OPT_fuzz    := -O1 -g -fsanitize=address,fuzzer-no-link -fno-omit-frame-pointer -DGAL_SANITIZE
OPT         := $(OPT_$(MODE))
SAN_LINK    := $(filter -fsanitize=%,$(OPT))

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith -Wwrite-strings $(if $(CI),-Werror)
HAVE_PKGS := $(shell $(PKG_CONFIG) --exists $(PKGS) 2>/dev/null && echo yes)
PKG_CFLAGS := $(if $(HAVE_PKGS),$(shell $(PKG_CONFIG) --cflags $(PKGS)))
PKG_LIBS   := $(if $(HAVE_PKGS),$(shell $(PKG_CONFIG) --libs $(PKGS)))
GAL_CFLAGS := -std=gnu11 $(OPT) $(WARN) -fPIC -fvisibility=hidden -fopenmp -ffp-contract=off -fno-math-errno -Iinclude -Isrc -I$(O) \
  -DGAL_VERSION='"$(VERSION)"' -DGAL_PREFIX='"$(PREFIX)"' $(PKG_CFLAGS) $(CFLAGS)
LIBS := $(SAN_LINK) $(HARDEN_LINK) -fopenmp $(PKG_LIBS) -lhdf5_hl -ldl -lm $(LDFLAGS)

# `make V=1` shows the commands
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2))

# ---- sources. src/repl is the program, everything else the library. *_kern.c are hot loops, compiled once per instruction
# set (base, x86-64-v3, x86-64-v4) with -DGAL_ISA=...; the best one is chosen at start (src/num/isa.h).
LIBSRC  := $(sort $(wildcard src/base/*.c src/num/*.c src/serve/*.c src/io/*.c src/astro/*.c src/stars/*.c src/ssp/*.c src/sfh/*.c src/csp/*.c src/component/*.c \
  src/pop/*.c src/dust/*.c src/noise/*.c src/spec/*.c src/sky/*.c src/model/*.c src/infer/*/*.c src/fit/*.c src/run/*.c src/lua/*/*.c))
KERNSRC := $(filter %_kern.c,$(LIBSRC))
PLAIN   := $(filter-out %_kern.c,$(LIBSRC))
ARCH    := $(shell uname -m)
ISAS    := base $(if $(filter x86_64,$(ARCH)),v3 v4)
ISA_base :=
ISA_v3   := -march=x86-64-v3 -ffp-contract=fast
ISA_v4   := -march=x86-64-v4 -mprefer-vector-width=512 -ffp-contract=fast
LIBOBJ  := $(PLAIN:%.c=$(O)/%.o) $(foreach i,$(ISAS),$(KERNSRC:%.c=$(O)/%.$(i).o))
REPLOBJ := $(patsubst %.c,$(O)/%.o,$(sort $(wildcard src/repl/*.c)))
LUASRC  := $(sort $(shell find lua -name '*.lua' 2>/dev/null))
CTESTS  := $(patsubst tests/c/%.c,$(B)/tests/%,$(sort $(wildcard tests/c/test_*.c)))

# MPI is opened at run time: a plugin for each MPI whose compiler is there; `make mpi MPICC=mpicc` makes one for another
MPIS        := $(foreach m,openmpi mpich,$(if $(shell command -v mpicc.$(m)),$(m)))
MPI_PLUGINS := $(MPIS:%=$(B)/galua-%.so)
MPICC       ?= mpicc

all: deps-check $(B)/galua $(B)/libgalua.a $(B)/galua.pc $(MPI_PLUGINS) data

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(GAL_CFLAGS) -MMD -MP -c $< -o $@
define kern_rule
$(O)/%_kern.$(1).o: %_kern.c
	@mkdir -p $$(@D)
	$$(call say,CC,"$$< [$(1)]")
	$$(Q)$(CC) $(GAL_CFLAGS) $(ISA_$(1)) -fno-trapping-math -DGAL_ISA=$(1) -MMD -MP -c $$< -o $$@
endef
$(foreach i,$(ISAS),$(eval $(call kern_rule,$(i))))

# src/lua/bind/l_NAME.c defines gal_luaopen_NAME: the list of them is made from the file names
LUAMODS := $(patsubst src/lua/bind/l_%.c,%,$(sort $(wildcard src/lua/bind/l_*.c)))
$(O)/lua_modules.inc: FORCE
	@mkdir -p $(@D)
	@printf 'GAL_LUA_MODULE(%s)\n' $(LUAMODS) | sed '/()/d' > $@.tmp; cmp -s $@.tmp $@ && rm -f $@.tmp || mv $@.tmp $@
$(O)/src/lua/kit/open.o: $(O)/lua_modules.inc
# what PREFIX compiles in is compiled again when PREFIX changes
$(O)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@
$(O)/src/base/path.o $(O)/src/lua/kit/open.o: $(O)/prefix
$(O)/src/stars/lines.o: src/stars/line_table.bin
FORCE:
$(O)/src/lua/kit/open.o: GAL_CFLAGS += -DGAL_SOURCE='"$(CURDIR)"'

$(B)/libgalua.so: $(LIBOBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -shared -Wl,-soname,libgalua.so.0 $^ $(LIBS) -o $@
	$(Q)ln -sf libgalua.so $(B)/libgalua.so.0
$(B)/libgalua.a: $(LIBOBJ)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(B)/galua.pc: scripts/dev/galua.pc.in Makefile
	@mkdir -p $(@D)
	$(Q)sed 's|@PREFIX@|$(PREFIX)|;s|@VERSION@|$(VERSION)|' $< > $@
$(O)/embed.c: $(LUASRC) scripts/dev/embed.lua
	@mkdir -p $(@D)
	$(call say,EMBED,lua/)
	$(Q)luajit scripts/dev/embed.lua $(LUASRC) > $@.tmp && mv $@.tmp $@
$(O)/embed.o: $(O)/embed.c
	$(Q)$(CC) $(GAL_CFLAGS) -c $< -o $@
$(B)/galua: $(REPLOBJ) $(O)/embed.o $(B)/libgalua.so
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -pie $(REPLOBJ) $(O)/embed.o -L$(B) -Wl,--no-as-needed -lgalua -Wl,--as-needed -Wl,-rpath,'$$ORIGIN:$$ORIGIN/../lib' -Wl,-E \
	  $(LIBS) -o $@

mpi_plugin = $(Q)OMPI_CC='$(CC)' MPICH_CC='$(CC)' $(1) -std=gnu11 -O2 -g $(HARDEN) $(WARN) -fPIC -fvisibility=hidden -shared $< $(HARDEN_LINK) -o $@
$(MPI_PLUGINS): $(B)/galua-%.so: src/run/mpi/plugin.c src/run/mpi/plugin.h
	@mkdir -p $(@D)
	$(call say,MPI,$@)
	$(call mpi_plugin,mpicc.$*)
$(B)/galua-mpi.so: src/run/mpi/plugin.c src/run/mpi/plugin.h
	$(call say,MPI,$@)
	$(call mpi_plugin,$(MPICC))

# tests link the static library: they may look at internal functions
$(B)/tests/%: tests/c/%.c $(B)/libgalua.a
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(GAL_CFLAGS) -MMD -MP $< $(B)/libgalua.a -Wl,-E -lcmocka $(LIBS) -o $@

.DEFAULT_GOAL := all
include scripts/dev/targets.mk
-include $(LIBOBJ:.o=.d) $(REPLOBJ:.o=.d) $(CTESTS:=.d)
