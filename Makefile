# make run · make test · make lint · make bench; `make help` lists them all.
# run: TRANSPORT_URL=rabbit://guest:guest@127.0.0.1:5672/ LISTEN=127.0.0.1:8080

export TRANSPORT_URL LISTEN

.PHONY: help run build test abuse coverage test-asan test-tsan chaos soak unit fuzz timing lint format bench bench-quick counts clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install what is missing, build, start the gateway
	@dev/run

build: ## install what is missing, build release
	@dev/packages build
	dev/build

test: ## every test, against a RabbitMQ and real oslo.messaging peers of its own
	@dev/test

abuse: ## requests that may not get in, none of which has; a part of `make test` as well
	@dev/abuse

coverage: ## the share of lines that the tests run, for each module and in all, held to 95 and 85 per cent
	@dev/coverage

test-asan: ## every Swift test under AddressSanitizer
	@dev/test-sanitized address

test-tsan: ## loops, connections, drivers and the HTTP server under ThreadSanitizer
	@dev/test-sanitized thread

chaos: ## every kind of fault under load, each run checked against what was promised, thirty minutes
	@dev/chaos

soak: ## a fault drawn every twenty seconds, SOAK minutes long (30)
	@dev/soak $(SOAK)

unit: ## the tests that need no broker
	@dev/unit

fuzz: ## a minute of libFuzzer for each reader of bytes from outside; crashes become files of Fuzz/Corpora
	@dev/fuzz

timing: ## how long inputs of all kinds hold a loop up, against what is promised, in a release build
	@dev/timing

lint: ## formatting, import directions, licence headers, OpenAPI
	@dev/lint

format: ## rewrite the sources in the project's format
	swift format format --in-place --parallel --recursive Package.swift Sources Tests Examples Fuzz $(wildcard Benchmarks)

bench: ## calls per second, latency, CPU and memory beside the least gateway in C, ten minutes
	@dev/packages bench
	@Benchmarks/run

bench-quick: ## the same with fewer kinds of work, two minutes
	@dev/packages bench
	@Benchmarks/run --quick

counts: ## instructions and allocations per call under valgrind, against thresholds
	@dev/packages counts
	@Benchmarks/counts

clean: ## remove everything that was built, the test environments too
	swift package clean
	rm -rf .build .build-fuzz .build-test .build-bench .build-address .build-thread .build-coverage .build-timing
