# The few commands of this repository. Each gets what this machine lacks first (see scripts/prerequisites), so that
# git, make and a Rust toolchain by rustup are enough to begin with.

# Arguments for the program or the benches: make demo ARGS="--help"
ARGS ?=

# Says what comes next, so that a failure in a long log is found by its heading.
heading = @printf '\n== %s\n\n'

.DEFAULT_GOAL := help
.PHONY: help demo build test bench fmt kafka

help: ## list these commands
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

demo: ## run paceline on a simulated sales organisation, until Ctrl-C
	@scripts/prerequisites build
	@exec scripts/foreground cargo run --release --locked --bin paceline -- demo $(ARGS)

build: ## compile the paceline binary as it is released
	@scripts/prerequisites build
	cargo build --release --locked --bin paceline

test: ## check formatting, lints, tests and documentation, as CI does
	$(heading) 'prerequisites'
	@scripts/prerequisites build kafka python node venv
	$(heading) 'the contract'
	scripts/contract check
	$(heading) 'the worked clients'
	scripts/clients
	$(heading) 'formatting'
	cargo fmt --all --check
	$(heading) 'lints'
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(heading) 'the binary, for the tests that run it'
	cargo build --locked --bin paceline
	$(heading) 'tests'
	cargo test --workspace --locked
	$(heading) 'documentation'
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

bench: ## measure the parts and the whole; for a short run: make bench ARGS="--events 200000"
	$(heading) 'prerequisites'
	@scripts/prerequisites build kafka
	$(heading) 'the binary and the benches'
	cargo build --release --locked --bin paceline
	cargo build --release --locked -p paceline-benches --bin whole --bin streams
	$(heading) 'the parts'
	cargo bench --locked -p paceline-benches --bench parts
	$(heading) 'the streams'
	@scripts/foreground target/release/streams
	$(heading) 'the whole'
	@exec scripts/foreground target/release/whole $(ARGS)

fmt: ## format the code
	cargo fmt --all

kafka: ## fetch the Kafka broker that tests and benches start
	@scripts/prerequisites kafka
