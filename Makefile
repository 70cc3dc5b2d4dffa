# What can be done here. `make` alone tells.
GO      ?= go
LDFLAGS := -s -w
ARM     := GOOS=linux GOARCH=arm GOARM=7 CGO_ENABLED=0
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
# As Buildroot's package of phoned builds it, so that the bytes are the same.
ARMBUILD := -trimpath -buildvcs=false -tags 'netgo osusergo'
# The pure cores: they must give the same answers on the handset's processor.
CORES   := ./sip ./sip/failover ./sip/health ./sip/journal ./sip/dialog ./sip/sdp ./sip/digest \
           ./audio ./audio/g711 ./audio/jitter ./audio/tone ./audio/dtmf ./audio/gain ./audio/halfband ./audio/polyphase \
           ./hw ./hw/keypad ./hw/lcd ./cmd/phoned/internal/phone ./cmd/phoned/internal/config

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## the phone on this computer: simulated board, two SIP servers of its own, no root (SMART=1: Smart Failover)
	@./build/phoned -demo $(if $(SMART),-smart)

.PHONY: build
build: ## the binary for this computer, build/phoned
	@[ -x build/phoned ] || echo "Building phoned; the first time takes a minute."
	@mkdir -p build
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS) -X main.version=$(VERSION)' -o build/phoned ./cmd/phoned

.PHONY: test
test: setup ## every test that this machine can run; a skipped one says why
	@scripts/test

.PHONY: setup
setup: ## install what the tests need (Debian packages, as root)
	@scripts/setup

.PHONY: test-arm
test-arm: ## the tests of the pure cores, and of the 32-bit sound card, as ARM code, under qemu-user
	@command -v qemu-arm-static >/dev/null || { echo "make test-arm: qemu-arm-static is missing; run scripts/setup as root"; exit 1; }
	@$(ARM) $(GO) test -exec qemu-arm-static $(CORES) ./audio/alsa

.PHONY: test-long
test-long: ## the long runs: 1,000 simulated days, every rule taken out, fuzzing
	@scripts/test-long

.PHONY: mutants
mutants: ## take every rule out once and see that its quick test notices (minutes)
	@$(GO) run ./scripts/mutants -fast

.PHONY: check
check: ## format, vet, staticcheck, layers, clean tree
	@scripts/check

.PHONY: bench
bench: build ## what it costs: scheduler steps, voice frames, memory, size
	@scripts/bench

.PHONY: bench-peers
bench-peers: ## other SIP phones beside this one when a server fails, into docs/peers (root)
	@$(GO) run ./scripts/peers $(PEERS)

.PHONY: fleet
fleet: ## 100,000 phones and two failing servers on virtual time, into docs/fleet (about a minute)
	@$(GO) run ./scripts/fleet -seed 1 -phones 100000 -out docs/fleet

.PHONY: fuzz
fuzz: ## fuzz every parser, FUZZTIME each (default 1m)
	@scripts/fuzz $${FUZZTIME:-1m}

.PHONY: arm
arm: ## the static, stripped ARMv7 binary, build/phoned-armv7, and its size
	@mkdir -p build
	@$(ARM) $(GO) build $(ARMBUILD) -ldflags '$(LDFLAGS) -X main.version=$(VERSION)' -o build/phoned-armv7 ./cmd/phoned
	@printf 'build/phoned-armv7: %s bytes, ' "$$(stat -c %s build/phoned-armv7)"; file -b build/phoned-armv7 2>/dev/null | cut -d, -f1-5 || true

.PHONY: image
image: ## the handset's disk image and update, by Buildroot: make image BUILDROOT=an unpacked 2026.02.x [BOARD=qemu_virt]
	@scripts/image "$(BUILDROOT)" $(BOARD)

.PHONY: sbom
sbom: arm ## what is in the firmware, with licences: build/phone.cdx.json, CycloneDX
	@VERSION=$(VERSION) BUILDROOT="$(BUILDROOT)" scripts/materials $(BOARD)

.PHONY: emulate
emulate: ## the real firmware on an emulated board: serial log, display, keys (Debian packages, see scripts/setup emulator)
	@scripts/setup emulator
	@$(GO) run ./scripts/emulate show

.PHONY: test-handset
test-handset: ## the tests of the real firmware on an emulated board (root, minutes)
	@scripts/setup emulator
	@$(GO) run ./scripts/emulate image
	@HANDSET_TESTS=1 $(GO) test -count=1 -timeout 20m ./scripts/emulate/... ./cmd/phoned/internal/handset/...

.PHONY: clean
clean: ## remove what was built
	@rm -rf build
