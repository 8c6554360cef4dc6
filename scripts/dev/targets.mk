# Targets that are not about compiling: dependencies, tests, data made at build time, installation, checks.

.PHONY: all help deps deps-check data debug asan ubsan tsan test test-c bench demo lint format install uninstall clean validate check

help:
	@echo "make            release build: build/galua, build/libgalua.so, build/libgalua.a"
	@echo "make demo       installs what is missing, builds, fits NGC 3898 with the embedded data, writes figures"
	@echo "make test       installs what is missing, builds, runs every test; the last line is 'N passed, N failed'"
	@echo "make bench      the benchmarks of docs/performance.md"
	@echo "make validate   the long validations"
	@echo "make debug | asan | ubsan | tsan     other builds, in build/MODE; MODE=asan make test runs the tests with one"
	@echo "make lint       clang-format, cppcheck, layer and symbol checks;  make format applies the formatter"
	@echo "make install PREFIX=/usr/local ; make uninstall ; make deps ; make clean"

deps:
	@sh scripts/dev/deps.sh install
deps-check:
	@sh scripts/dev/deps.sh check

debug asan ubsan tsan:
	$(MAKE) MODE=$@ all

clean:
	rm -rf build
