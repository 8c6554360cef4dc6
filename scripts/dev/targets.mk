# Targets that are not about compiling: dependencies, tests, data made at build time, installation, checks.

.PHONY: docs fuzz mpi all help deps test-deps test-browser deps-check data debug asan ubsan tsan valgrind test run-tests test-programs bench bench-check examples extend demo lint format install uninstall \
  clean validate FORCE

help:
	@echo "make            release build: build/galua, build/libgalua.so, build/libgalua.a"
	@echo "make demo       installs what is missing, builds, fits NGC 3898 with the embedded data, writes figures"
	@echo "make test       installs what is missing, builds, runs every test; the last line is 'N passed, N failed'"
	@echo "make bench      the benchmarks of docs/performance.md;  make bench-check counts instructions of the hot paths"
	@echo "make docs       the documentation as a static site, build/site/index.html; fails on a warning or a dead link"
	@echo "make examples   the short ones of scripts/examples;  make extend builds in a prior, a move and a sampler"
	@echo "make validate   the long validations"
	@echo "make debug | asan | ubsan            other builds, in build/MODE; make test MODE=asan runs the tests with one"
	@echo "make tsan | valgrind                 the threaded tests under ThreadSanitizer; the quick tests under valgrind"
	@echo "make fuzz TIME=600                   readers, results loaders and the Lua API under libFuzzer and ASan, for TIME seconds"
	@echo "make test-browser                    the explorer and reports in headless Chromium, which it installs"
	@echo "make test ONLY=vec                   only the test files whose name contains 'vec'"
	@echo "make mpi                             the MPI plugin: of mpicc.openmpi and mpicc.mpich, or MPICC=mpicc"
	@echo "make lint       clang-format, cppcheck, layer, link, name, size and symbol checks;  make format applies the formatter"
	@echo "make install PREFIX=/usr/local ; make uninstall ; make deps ; make clean"

deps:
	@sh scripts/dev/deps.sh install
test-deps:
	@sh scripts/dev/deps.sh install tests
deps-check:
	@sh scripts/dev/deps.sh check

mpi: $(MPI_PLUGINS) $(if $(MPI_PLUGINS),,$(B)/galua-mpi.so)
debug asan ubsan:
	$(MAKE) MODE=$@ all

# ---- data races. gcc's OpenMP runtime hides its synchronisation from ThreadSanitizer; clang's tells it through archer.
ARCHER   := $(firstword $(wildcard /usr/lib/llvm-*/lib/libarcher.so))
TSAN_RUN := synth atmosphere galaxy.c dust like ensemble test_plan.c test_plan_span test_fit.lua
tsan:
	@[ -n "$(ARCHER)" ] && command -v clang >/dev/null || \
	  { echo "make tsan needs clang and libomp with archer: apt-get install clang libomp-dev" >&2; exit 1; }
	@$(MAKE) --no-print-directory MODE=tsan CC=clang all test-programs
	@OMP_TOOL_LIBRARIES=$(ARCHER) OMP_NUM_THREADS=4 TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=66" \
	  sh scripts/dev/run_tests.sh build/tsan $(TSAN_RUN)

# ---- uninitialised values and definite leaks, in what runs fast enough under valgrind. No suppressions are needed.
VALGRIND     := valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite
VALGRIND_RUN := base num units table test_fits h5 filter test_obs prior like test_lua test_ssp.c sfh dust cosmo kit test_vec.lua
valgrind:
	@command -v valgrind >/dev/null || { echo "make valgrind needs valgrind: apt-get install valgrind" >&2; exit 1; }
	@$(MAKE) --no-print-directory all test-programs
	@GALUA_RUN="$(VALGRIND)" sh scripts/dev/run_tests.sh build $(VALGRIND_RUN)

# ---- fuzzing (docs/developer.md): every tests/fuzz/fuzz_*.c, then random calls of the Lua API; TIME in seconds for all of it
TIME ?= 600
FUZZSRC := $(sort $(wildcard tests/fuzz/*.c))
$(B)/fuzz: $(FUZZSRC) tests/fuzz/fuzz.h $(B)/libgalua.a
	$(call say,FUZZ,$@)
	$(Q)$(CC) $(GAL_CFLAGS) -fsanitize=address,fuzzer $(FUZZSRC) $(B)/libgalua.a -Wl,-E $(LIBS) -o $@
fuzz:
	@command -v clang >/dev/null || { echo "make fuzz needs clang with libFuzzer and libomp: apt-get install clang libomp-dev" >&2; exit 1; }
	@$(MAKE) --no-print-directory MODE=release all
	@$(MAKE) --no-print-directory MODE=fuzz CC="$(FUZZCC)" all build/fuzz/fuzz
	@sh tests/fuzz/run.sh build/fuzz $(TIME) $(ONLY)
FUZZCC ?= clang

# ---- tests. A second make, because pkg-config is asked before the packages are there.
test: test-deps
	@$(MAKE) --no-print-directory run-tests
test-programs: $(CTESTS)
run-tests: all test-programs
	@sh scripts/dev/run_tests.sh $(B) $(ONLY)

# the explorer and reports in a browser: installs Chromium and its driver; pictures in build/browser
test-browser: all
	@sh scripts/dev/deps.sh browser
	@$(B)/galua --batch tests/browser/run.lua

# ---- data made at build time: the synthesised SSP table; again when its sources changed
TABLE := build/data/ssp/synthesised.h5
ifeq ($(MODE),release)
data: $(B)/galua
	@if { [ ! -f $(TABLE) ] || [ -n "$$(find src/stars -name '*.[ch]' -newer $(TABLE))" ]; } && $(B)/galua --batch -e 'os.exit(rawget(ssp, "synthesise") and 0 or 1)'; then \
	  mkdir -p build/data/ssp && $(B)/galua --batch ssp make $(TABLE); fi
else
data: # one table for every build, made by the fast one
	@[ -f $(TABLE) ] || $(MAKE) --no-print-directory MODE=release data
endif

# ---- checks
SOURCES := $(shell find src include tests/c tests/extend -name '*.c' -o -name '*.h' | sort)
bench: all
	@$(B)/galua bench
validate: all
	@$(B)/galua tests/validate/libraries.lua
	@$(B)/galua tests/validate/bagpipes.lua
	@$(B)/galua tests/validate/gas.lua
	@$(B)/galua tests/validate/ssp_reference.lua
	@python3 scripts/validation/emiles.py build/emiles || echo "E-MILES not fetched: its features and full-spectrum fits are skipped"
	@$(B)/galua tests/validate/emiles.lua build/emiles
	@$(B)/galua tests/validate/galaxy.lua
	@$(B)/galua tests/validate/linear_gaussian.lua
	@$(B)/galua tests/validate/smc.lua
	@$(B)/galua tests/validate/nested.lua
	@$(B)/galua tests/validate/catalogue.lua
	@$(B)/galua tests/validate/marginal_spectrum.lua
	@$(B)/galua tests/validate/pixel_noise.lua
	@$(B)/galua tests/validate/kills.lua
	@$(B)/galua scripts/validation/plans.lua
demo: deps
	@$(MAKE) --no-print-directory run-demo
run-demo: all
	@mkdir -p build/demo
	$(B)/galua scripts/examples/ngc3898.lua build/demo

# a tool that is not there is said, and is an error in CI
lint: $(B)/libgalua.so $(B)/galua
	@missing=; for tool in clang-format cppcheck; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	  [ -z "$$missing" ] || { echo "lint: not installed, not run:$$missing" >&2; [ -z "$(CI)" ] || exit 1; }
	@! command -v clang-format >/dev/null || clang-format --dry-run -Werror $(SOURCES)
	@! command -v cppcheck >/dev/null || cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
	  --enable=warning,performance,portability --suppress=missingInclude --suppress=missingIncludeSystem \
	  --suppress=normalCheckLevelMaxBranches --suppress=invalidPointerCast -Iinclude -Isrc src
	@luajit scripts/dev/check_layers.lua
	@luajit scripts/dev/check_links.lua $(B)
	@luajit scripts/dev/check_names.lua
	@luajit scripts/dev/check_sizes.lua
	@sh scripts/dev/check_symbols.sh $(B)/libgalua.so
docs: all
	@$(B)/galua --batch scripts/dev/site/build.lua build/site
# instructions of the hot paths, within 3 % of scripts/dev/bench_paths.txt
bench-check: all
	@sh scripts/dev/bench_check.sh
examples: all
	@mkdir -p build/examples
	@for f in scripts/examples/own_*.lua; do echo "  EXAMPLE  $$f"; $(B)/galua --batch $$f build/examples >build/examples/log 2>&1 || \
	  { cat build/examples/log; exit 1; }; done
# a prior, a move and a sampler built in, one file and one line each
extend: all
	@sh scripts/dev/extend.sh
format:
	clang-format -i $(SOURCES)

# ---- installation
INST := $(DESTDIR)$(PREFIX)
SHARE := $(INST)/share/galua
install: all
	install -d $(INST)/bin $(INST)/lib/pkgconfig $(INST)/include/galua $(SHARE)/data $(SHARE)/scripts $(SHARE)/doc $(SHARE)/lua
	install -m 755 $(B)/galua $(INST)/bin/galua
	install -m 755 $(B)/libgalua.so $(INST)/lib/libgalua.so.$(VERSION)
	ln -sf libgalua.so.$(VERSION) $(INST)/lib/libgalua.so.0
	ln -sf libgalua.so.0 $(INST)/lib/libgalua.so
	install -d $(INST)/lib/lua/5.1 && ln -sf ../../libgalua.so.$(VERSION) $(INST)/lib/lua/5.1/galua.so
	install -m 644 $(B)/libgalua.a $(INST)/lib/libgalua.a
	for f in $(B)/galua-*.so; do [ ! -f "$$f" ] || { install -d $(INST)/lib/galua && install -m 755 "$$f" $(INST)/lib/galua/; }; done
	install -m 644 include/galua/*.h $(INST)/include/galua
	sed 's|@PREFIX@|$(PREFIX)|;s|@VERSION@|$(VERSION)|' scripts/dev/galua.pc.in > $(INST)/lib/pkgconfig/galua.pc
	cp -R lua/galua $(SHARE)/lua/
	cp -R data/. $(SHARE)/data/ 2>/dev/null || true
	cp -R build/data/. $(SHARE)/data/ 2>/dev/null || true
	for f in scripts/examples/*.lua; do [ -f "$$f" ] && install -m 644 "$$f" $(SHARE)/scripts || true; done
	for f in README.md CHANGELOG.md docs/*.md; do [ -f "$$f" ] && install -m 644 "$$f" $(SHARE)/doc || true; done
uninstall:
	rm -f $(INST)/bin/galua $(INST)/lib/libgalua.so $(INST)/lib/libgalua.so.0 $(INST)/lib/libgalua.so.$(VERSION) \
	  $(INST)/lib/libgalua.a $(INST)/lib/pkgconfig/galua.pc $(INST)/lib/lua/5.1/galua.so
	rm -rf $(INST)/include/galua $(INST)/lib/galua $(SHARE)

clean:
	rm -rf build
