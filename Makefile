# What there is to do here. 'make help' lists it; CI calls 'make test' and nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION  := $(shell sed -n 's:^  <version>\(.*\)</version>.*:\1:p' pom.xml)
DIST     := agent/target/holdfast-$(VERSION)
HOLDFAST := $(DIST)/bin/holdfast
# Flags for the JVMs that are not the agent's own: simulator, measurements, the summary of the tests.
JAVA      = "$$(agent/src/main/dist/bin/holdfast --java-home)/bin/java"
JVM_FLAGS := -Dslf4j.internal.verbosity=ERROR --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow

# Programs among the agent's tests that start whole clusters.
E2E       = $(JAVA) $(JVM_FLAGS) -Xmx512m -Dholdfast.dist=$(DIST) -cp "$$(build/classpath agent)" io.holdfast.agent.e2e

# Maven, silent but for warnings and failures.
export MAVEN_OPTS += -Dorg.slf4j.simpleLogger.defaultLogLevel=warn
MVN := mvn $(MVN_ARGS)

POMS    := pom.xml $(wildcard */pom.xml)
MAIN    := $(shell find */src/main -type f 2>/dev/null)
TESTS   := $(shell find */src/test -type f 2>/dev/null)

SEEDS ?= 10000

.PHONY: help setup demo dist test test-long fast check check-dashboards format sim sim-long chaos failovers bench-failover bench-state bench-idle bench-seal bench-backup bench-wal bench-sessions bench-redis bench-events bench-metrics clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## installs what a fresh Debian 12 lacks (as root), or says what to install
	@build/setup

demo: setup dist ## three members on this machine; ARGS="--detach", ARGS="--nodes 5"
	@$(HOLDFAST) demo $(ARGS)

dist: $(DIST)/.made ## the distribution, agent/target/holdfast-VERSION

$(DIST)/.made: $(POMS) $(MAIN) | setup
	@$(MVN) -pl agent -am package -Dmaven.test.skip=true -Dcoverage=off -Dlint=off

test: setup ## everything CI asks for: format, lint, tests, coverage; ends with the counts
	@build/test

test-long: setup ## test, and what takes longer than CI should wait; PostgreSQL 16 with UBUNTU_MIRROR=URL
	@build/test -Dlong=true

fast: ## the tests that need no other process, without coverage
	@$(MVN) test -Dtests.excluded=long,bench,slow,integration -Dcoverage=off

check: ## format, lint, null checks, architecture and tidy tests
	@build/forget-classes
	@$(MVN) verify -DskipITs -Dcoverage=off -Dtest='ArchitectureTest,TidyTest' -Dsurefire.failIfNoSpecifiedTests=false

check-dashboards: ## the dashboards of docker/grafana beside the types that Grafana publishes of them, where npm is
	@build/check-dashboards

format: ## puts layout and imports in order
	@$(MVN) formatter:format spotless:apply

sim: replication/target/test.classpath ## the failover simulator: SEEDS=10000 histories, or one, told, with SEED=n
	@$(JAVA) $(JVM_FLAGS) -Xmx1g -XX:+UseParallelGC -cp "$$(build/classpath replication)" \
		io.holdfast.replication.sim.SimMain $(if $(SEED),--seed $(SEED),--seeds $(SEEDS)) $(ARGS)

sim-long: ## a hundred thousand histories
	@$(MAKE) --no-print-directory sim SEEDS=100000

bench-state: state-sync/target/test.classpath ## commit and watch latencies of the shared state on three members
	@$(JAVA) $(JVM_FLAGS) -Xmx1g -cp "$$(build/classpath state-sync)" io.holdfast.statesync.StateBench $(ARGS)

bench-idle: dist agent/target/test.classpath ## what an idle agent costs, beside bare peers of the consensus
	@$(E2E).IdleBench $(ARGS)

bench-seal: backup/target/test.classpath ## what it costs a thread to compress and seal, beside zstd alone
	@$(JAVA) $(JVM_FLAGS) -Xmx1g -cp "$$(build/classpath backup)" io.holdfast.backup.io.SealBench $(ARGS)

bench-backup: dist backup/target/test.classpath ## backup and restore beside pgBackRest (apt-get install pgbackrest): SCALE=100 ROUNDS=3 DIR=/var/tmp (at 100: 4 GB, and 12 GB a round)
	@$(JAVA) $(JVM_FLAGS) -Xmx256m -Dholdfast.dist=$(DIST) -cp "$$(build/classpath backup)" io.holdfast.backup.io.BackupBench \
		$(or $(SCALE),100) $(or $(ROUNDS),3) $(or $(DIR),/var/tmp)

bench-wal: dist backup/target/test.classpath ## WAL: from complete to archived, and a backlog drained, beside zstd alone
	@MALLOC_ARENA_MAX=2 $(JAVA) $$($(DIST)/bin/holdfast --java-flags worker) \
		-cp "$(DIST)/lib/holdfast.jar:$$(build/classpath backup)" io.holdfast.backup.io.WalArchiveBench

bench-sessions: sessions-mfa/target/test.classpath ## sessions on three members: validated, created, revoked; logins beside Argon2id alone
	@$(JAVA) $(JVM_FLAGS) -Xmx1g -cp "$$(build/classpath sessions-mfa)" io.holdfast.sessions.io.SessionsBench $(ARGS)

bench-redis: replication/target/test.classpath ## planned failovers of Redis beneath a client that writes, beside bare ones: ROUNDS=20
	@$(JAVA) $(JVM_FLAGS) -Xmx512m -cp "$$(build/classpath replication)" io.holdfast.replication.redis.io.RedisBench $(ROUNDS)

bench-events: agent/target/test.classpath ## events on three members, to a client of another and a subscriber of Redis, beside what a put takes to a watch: ARGS="1000 500 60" (events, then so many a second for so long)
	@$(JAVA) $(JVM_FLAGS) -Xmx512m -cp "$$(build/classpath agent)" io.holdfast.agent.io.StreamBench $(ARGS)

bench-metrics: dist metrics/target/test.classpath ## points through the sink into VictoriaMetrics beside the bare client, and what 10,000/s cost: SECONDS=300
	@$(JAVA) $$($(DIST)/bin/holdfast --java-flags agent) -cp "$$(build/classpath metrics)" \
		io.holdfast.metrics.io.MetricsBench $(or $(SECONDS),300)

chaos: dist agent/target/test.classpath ## random faults on a real cluster and the Redis beside it: MINUTES=10 SEED=n (else any); ARGS="--rounds 5 --archive yes --redis no"
	@$(E2E).ChaosMain --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED)) $(ARGS)

failovers: dist agent/target/test.classpath ## N=200 failovers in a row, counted in docs/measurements.md; KINDS=host,cable
	@$(E2E).FailoverStreak --failovers $(or $(N),200) --ledger docs/measurements.md $(if $(KINDS),--kinds $(KINDS)) $(ARGS)

bench-failover: dist agent/target/test.classpath ## outages by kind, with a URL, through HAProxy; what is lost: ROUNDS=10 KINDS=host,freeze DURABILITY=async JSON=FILE ARGS="--backup 1000"
	@$(E2E).FailoverBench --rounds $(or $(ROUNDS),10) $(if $(KINDS),--kinds $(KINDS)) \
		--durability $(or $(DURABILITY),quorum) $(if $(JSON),--json $(JSON)) $(ARGS)

%/target/test.classpath: $(POMS) $(MAIN) $(TESTS)
	@$(MVN) -pl $* -am test-compile dependency:build-classpath -Dcoverage=off -Dlint=off \
		-Dmdep.includeScope=test -Dmdep.outputFile=target/test.classpath

clean: ## removes what was built
	@rm -rf target */target
