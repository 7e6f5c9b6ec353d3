# Everything is done by the scripts in Scripts/; this file only names them.

VERSION := 0.1.0
PREFIX ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: help lib tools demo test bench-peers format install clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lib: ## Build the library, its header and its pkg-config and CMake files in build/
	@Scripts/build-lib.sh $(VERSION)

tools: lib ## Build the command-line tools in build/bin
	@Scripts/build-tools.sh

demo: ## Install what is missing, build everything and classify the pictures in Examples/
	@Scripts/demo.sh

test: ## Install what the tests need and run every test (one step: Scripts/test.sh STEP)
	@Scripts/test.sh

bench-peers: lib ## Install other runtimes into .venv-peers, measure them and us (ARGS=--help)
	@Scripts/bench-peers.sh $(ARGS)

format: ## Format the Swift and Python sources
	@Scripts/format.sh

install: ## Copy what is built (make lib, make tools) into PREFIX (/usr/local)
	@Scripts/install.sh "$(DESTDIR)$(PREFIX)"

clean: ## Remove everything that was built; the Python environments stay
	rm -rf .build build
