# Everything that is done with this repository. Each target installs or checks what it needs first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
BUILD := .build

.PHONY: help demo test lint golden bench release clean packages-build packages-lab packages-schema packages-lint packages-bench

help: ## what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: packages-build packages-lab ## the main job on real hosts: a rolling upgrade, killed and resumed
	$(SWIFT) build --product planner
	scripts/demo $(BUILD)/debug/planner

test: packages-build packages-lab packages-schema ## all tests: units, real sshd, real libvirtd, chaos
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	SWIFT="$(SWIFT)" scripts/test

lint: packages-lint ## format, layers, shell scripts
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
	scripts/check-layers
	scripts/check-shell

golden: packages-build ## write the golden plans anew (then read the difference)
	RECORD=1 $(SWIFT) test --filter GoldenPlans || true
	git diff --stat plans

bench: release packages-bench ## figures: models and plans of up to 100,000 items, whole process
	Benchmarks/model dist/planner
	Benchmarks/plan dist/planner
	Benchmarks/dispatch dist/planner
	Benchmarks/run dist/planner

release: packages-build ## the program for this system, stripped, in dist/
	$(SWIFT) build -c release --product planner --static-swift-stdlib
	mkdir -p dist
	cp $(BUILD)/release/planner dist/planner
	strip dist/planner
	ln -sf planner dist/litp
	dist/planner --version

clean: ## everything that was built
	rm -rf $(BUILD) dist

packages-build:
	@scripts/install-packages build

packages-lab:
	@scripts/install-packages lab

packages-schema:
	@scripts/install-packages schema

packages-bench:
	@scripts/install-packages bench

packages-lint:
	@scripts/install-packages lint
