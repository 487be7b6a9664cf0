# Everything one does with the repository; `make` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build run demo reset test test-long bench bench-full check check-rust check-deny check-proto \
	check-sqlx check-manifests check-scripts advisories tools proto-baseline sqlx-prepare

# Queries are checked against .sqlx, whatever database the caller's environment names.
export SQLX_OFFLINE := true
export PATH := $(CURDIR)/target/tools/bin:$(PATH)

help: ## lists what one can make
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

build: ## all programs, release build, in target/release
	cargo build --release --workspace --bins

run: build ## the whole cluster on this machine, until Ctrl-C
	target/release/govshare-sandbox run

demo: build ## one sharing case; CATALOG=file.csv takes your own catalogue, ARGS=--full walks through all articles
	target/release/govshare demo $(if $(CATALOG),--catalog '$(CATALOG)') $(ARGS)

reset: build ## removes the data that `make run` keeps in .govshare
	target/release/govshare-sandbox reset

test: ## all tests
	cargo build --workspace --bins
	cargo test --workspace

test-long: ## all tests, with many more random cases
	cargo build --workspace --bins
	PROPTEST_CASES=10000 cargo test --workspace
	cargo test -p access-request --test machine -- --ignored
	cargo test -p govshare-cli --test catalogue_file -- --ignored

bench: build ## speed and memory beside their references, within 10 minutes
	target/release/govshare-bench

bench-full: build ## the same with more rounds and calls
	target/release/govshare-bench --full

check: check-rust check-deny check-proto check-sqlx check-manifests check-scripts ## all checks but the tests

check-rust: # format and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

check-deny: tools # licences, forbidden crates, sources
	cargo-deny --log-level error check bans licenses sources

check-proto: tools # style of the contracts; nothing that callers rely on is taken away
	buf lint proto
	buf build proto -o target/proto.binpb
	buf breaking target/proto.binpb --against proto/baseline.binpb --config proto/buf.yaml

check-sqlx: # .sqlx is what the queries and migrations give
	cargo build -p govshare-cluster --bin govshare-sandbox
	target/debug/govshare-sandbox with-database -- tools/sqlx-prepare.sh --check

check-manifests: tools # k8s/ renders and is valid
	tools/check-manifests.sh

check-scripts: tools # shell scripts and Dockerfile
	shellcheck .ci/run tools/*.sh
	hadolint Dockerfile

advisories: tools ## known vulnerabilities of dependencies; needs network
	cargo-deny check advisories

tools: ## what the checks need, pinned, in target/tools
	tools/install.sh

proto-baseline: tools ## makes the contracts as they are the ones that must not break
	buf build proto --exclude-source-info -o proto/baseline.binpb

sqlx-prepare: ## writes .sqlx anew after a change of queries or migrations
	cargo build -p govshare-cluster --bin govshare-sandbox
	target/debug/govshare-sandbox with-database -- tools/sqlx-prepare.sh
