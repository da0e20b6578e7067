# The one list of commands. `npx -y rust-just NAME` where just is not installed.

set shell := ["bash", "-euo", "pipefail", "-c"]

# Builds take wazero with a patch of ours (docs/RATIONALE.md); the recipe patch makes it.
patched := justfile_directory() / ".build/go.mod"
lint := "go tool -modfile=tools/lint.mod"
packages := "tools/bundle/testdata/packages"
types := "tools/project/testdata/types"
page := "host/web/testdata"

# List the commands
default:
    @just --list --justfile "{{ justfile() }}"

# What npm brings: QuickJS and SES
setup:
    @[ guest/node_modules/.package-lock.json -nt guest/package-lock.json ] || npm ci --prefix guest --no-audit --no-fund --ignore-scripts >&2

# The npm packages that tests bundle and use, what they have made ahead, and the compiler that checks the types
[private]
packages:
    @[ {{ types }}/node_modules/.package-lock.json -nt {{ types }}/package-lock.json ] || npm ci --prefix {{ types }} --no-audit --no-fund --ignore-scripts >&2
    @[ {{ packages }}/node_modules/.package-lock.json -nt {{ packages }}/package-lock.json ] || npm ci --prefix {{ packages }} --no-audit --no-fund --ignore-scripts >&2
    @[ {{ packages }}/made/handlebars.js -nt {{ packages }}/make.mjs ] || node {{ packages }}/make.mjs >&2

# axe-core, for the tests of the page
[private]
page:
    @[ {{ page }}/node_modules/.package-lock.json -nt {{ page }}/package-lock.json ] || npm ci --prefix {{ page }} --no-audit --no-fund --ignore-scripts >&2

# A real browser, for the same
[private]
browser:
    @command -v "${QVAT_CHROMIUM:-chromium}" >/dev/null || (apt-get update && apt-get install -y --no-install-recommends chromium)

# The race detector needs a C compiler
[private]
compiler:
    @command -v "${CC:-gcc}" >/dev/null || (apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev)

# The copy of wazero that builds take
[private]
patch:
    @go run ./tools/patch .build

# wazero's own tests of its compiler, over that copy
[private]
compiled: patch
    cd .build/wazero && go test ./internal/engine/wazevo/... ./internal/integration_test/spectest/... ./internal/integration_test/fuzzcases/...

# Build bin/qvat
build: setup patch
    CGO_ENABLED=0 go build -modfile="{{ patched }}" -trimpath -o bin/qvat ./cmd/qvat

# Build, make ./vat if there is none, and serve it
run *ARGS: build
    bin/qvat run {{ ARGS }}

# Everything that CI runs: format, vet, staticcheck, all tests, a short fuzz of each target
test: setup packages page browser compiler lint compiled
    GOFLAGS="'-modfile={{ patched }}'" go run ./tools/check test
    GOFLAGS="'-modfile={{ patched }}'" go run ./tools/check fuzz 5000x ./...

# Format, vet and staticcheck
lint: setup
    @test -z "$({{ lint }} gofumpt -l *.go chains cmd examples guest host runtime tools | tee /dev/stderr)" || (echo "run: just fmt"; exit 1)
    go vet ./...
    {{ lint }} staticcheck ./...

# Format the Go code
fmt:
    {{ lint }} gofumpt -w *.go chains cmd examples guest host runtime tools

# Functions that no command reaches: what tests use alone is among them
dead: setup
    {{ lint }} deadcode ./...

# Print the figures of docs/BENCHMARKS.md
bench: build
    GOFLAGS="'-modfile={{ patched }}'" go test -run "^$" -bench . ./chains ./runtime ./host/store/sqlite ./host/mail ./host/api ./host/web ./tools/bundle
    go run ./tools/load

# Fuzz each target for TIME, such as 1m
fuzz TIME="1m": setup patch
    GOFLAGS="'-modfile={{ patched }}'" go run ./tools/check fuzz {{ TIME }} ./...
