# The short names people type. `make help` lists them.

SHELL := /bin/bash
GO    ?= go
ARGS  ?=
RUNS  ?= 20
N     ?= 10000

.DEFAULT_GOAL := help
.PHONY: help setup setup-test build validate faults test fuzz bench soak lint fmt clean

help: ## list these names
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## install what is missing, through apt
	@fixtures/setup/setup

setup-test: ## install what the tests need as well
	@fixtures/setup/setup tests

build: setup ## build bin/labproof
	@$(GO) build -o bin/labproof .

validate: build ## prove the whole lab, with real VMs (ARGS="--groups 1-4" for more)
	@bin/labproof validate $(ARGS)

faults: build ## prove the grader: make students' mistakes, see which question catches each (ARGS="--times 10")
	@bin/labproof faults run --config fixtures/faults/side-by-side.yaml $(ARGS)

test: setup-test ## run all tests
	$(GO) test -race -timeout 30m ./...

# By count, never by time: at the end of a time Go before 1.27 may report "context deadline
# exceeded" as a failure that has no input (go.dev/issue/75804).
fuzz: setup-test ## new inputs for every fuzz target, N=10000 each
	@set -e; grep -rE --include='*_test.go' '^func Fuzz' . | sed -E 's|/[^/]*:func (Fuzz[A-Za-z0-9]*).*| \1|' | sort -u | \
	while read -r folder target; do $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(N)x "$$folder" </dev/null; done

bench: setup-test ## run the benchmarks: the numbers, and the floor they are measured against
	$(GO) test -run '^$$' -bench . -timeout 30m $$($(GO) list ./... | grep -v /suites/)
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m -v ./suites/...

soak: setup ## validate again and again (RUNS=20): each green, nothing left behind
	$(GO) test -run '^$$' -bench '^BenchmarkValidate$$' -benchtime $(RUNS)x -timeout 0 -v ./suites/tp1

lint: ## gofmt, go vet, staticcheck
	@files=$$(gofmt -l .) && { [ -z "$$files" ] || { echo "not gofmt: $$files" >&2; exit 1; }; }
	$(GO) vet ./...
	$(GO) tool staticcheck -checks inherit,-ST1001,-ST1005 ./... # Gomega reads best by dot; Proxmox's words keep their capitals

fmt: ## format the code
	gofmt -w .

clean: build ## stop kept nodes, take down what is left of earlier runs, remove what was built
	@bin/labproof clean
	@rm -rf bin
