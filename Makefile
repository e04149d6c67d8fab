# Thin: every target calls one script or npm command.
.DEFAULT_GOAL := help
.PHONY: help up preview rollback down clean test lint bench

installed := node_modules/.package-lock.json
tsx := node_modules/.bin/tsx

help: ## lists the targets
	@awk -F ":.*## " '/^[a-z]+:.*## /{printf "  make %-10s%s\n", $$1, $$2}' Makefile

up: $(installed) ## takes the dev stack from files to MongoDB, from nothing
	@$(tsx) tools/dev/index.ts up

preview: $(installed) ## what `make up` would change
	@$(tsx) tools/dev/index.ts preview

rollback: $(installed) ## puts worker and web back on files, without MongoDB
	@$(tsx) tools/dev/index.ts rollback

down: $(installed) ## stops what `make up` started; keeps the data
	@$(tsx) tools/dev/index.ts down

clean: $(installed) ## stops it and removes .dev/, never the cache of tools
	@$(tsx) tools/dev/index.ts clean

test: $(installed) ## all tests, on a real engine and a real server
	@$(tsx) tools/parts/ensure.ts
	@npm test --silent -- --reporter=default --reporter=./tools/vitest/counts.ts

lint: $(installed) ## types, eslint, prettier
	@npm run lint --silent

bench: $(installed) ## the import against the driver and mongoimport, as ratios; BENCH=full for 10^7 lines
	@$(tsx) tools/parts/ensure.ts
	@$(tsx) bench/index.ts

$(installed): package-lock.json
	@sh tools/npm/install.sh
