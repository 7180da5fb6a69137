package io.holdfast.sessions.io;

import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Proof;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.Totp;
import io.holdfast.sessions.TotpFactor;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.RatisStateStore;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * Measures sessions on three members with fsync, in one JVM: {@code SessionsBench [SECONDS [ATONCE]]}. Beside each figure stands what the
 * store alone does in the same minute.
 */
public final class SessionsBench {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Device DEVICE = new Device("", "bench", "192.0.2.7");

    private final Trio trio;
    private final List<Access> agents = new ArrayList<>();
    private final PasswordHasher hasher = new PasswordHasher();
    private final int seconds;
    private final int atOnce;

    private SessionsBench(Path directory, int seconds, int atOnce) throws IOException {
        this.seconds = seconds;
        this.atOnce = atOnce;
        trio = new Trio(directory);
        for (RatisStateStore store : trio.stores) {
            agents.add(new Access(store, () -> store.status().hasQuorum(), Rig.CONFIG, "orders", Instant::now, hasher));
        }
    }

    /** Measures and prints. */
    public static void main(String[] args) throws IOException {
        int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int atOnce = args.length > 1 ? Integer.parseInt(args[1]) : 64;
        Path target = Files.createDirectories(Path.of("").toAbsolutePath().resolve("sessions-mfa/target"));
        Path directory = Files.createTempDirectory(target, "bench");
        System.out.println("load average " + Files.readString(Path.of("/proc/loadavg")).strip());
        SessionsBench bench = new SessionsBench(directory, seconds, atOnce);
        try {
            bench.run();
        } finally {
            bench.agents.forEach(Access::close);
            bench.trio.close();
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
        System.out.println("load average " + Files.readString(Path.of("/proc/loadavg")).strip());
    }

    private void run() {
        users();
        bareCommits("warm-up: bare store", 2);
        creations("warm-up: sessions created", 2, new ArrayList<>());
        for (int round = 0; round < 3; round++) {
            bareCommits("bare store, commits", seconds);
            List<Sessions.Begun> begun = Collections.synchronizedList(new ArrayList<>());
            creations("sessions created", seconds, begun);
            if (round == 2) {
                validations(begun.subList(0, Math.min(1000, begun.size())));
                agents.getFirst().sessions().endAll();
            }
        }
        revocations();
        logins();
    }

    private static UserName name(int i) {
        return new UserName("user" + i);
    }

    private void users() {
        StateStore store = trio.stores.getFirst();
        for (int i = 0; i < atOnce; i++) {
            User user = User.create(name(i), Role.ADMIN, "hash", Instant.now())
                    .withFactor(new TotpFactor("0a0b0c0d", "phone", Instant.now(), Totp.USUAL, "sealed", -1));
            store.commit(Txn.when().put(Keys.USERS + name(i), SessionJson.write(user)).build(), LONG);
        }
        Eventually.within(LONG, "all users are known",
                () -> agents.stream().allMatch(agent -> agent.users().list().size() == atOnce));
    }

    private void bareCommits(String what, int forSeconds) {
        StateStore store = trio.stores.getFirst();
        together(what, forSeconds, i -> {
            if (!(store.commit(Txn.when().put("bench/" + i, "x".repeat(64)).build(),
                    LONG) instanceof TxnResult.Applied)) {
                throw new IllegalStateException("not applied");
            }
        });
    }

    private void creations(String what, int forSeconds, List<Sessions.Begun> begun) {
        Access agent = agents.getFirst();
        together(what, forSeconds, i -> {
            Versioned<User> user = agent.user(name(i)).orElseThrow();
            long last = ((TotpFactor) user.value().factors().getFirst()).lastStep();
            Proof proof = new Proof.Code("0a0b0c0d", last + 1);
            begun.add(agent.sessions().begin(user, user.value().after(proof), proof, DEVICE).orElseThrow());
        });
    }

    /** Everybody does the same again and again for some seconds. */
    private void together(String what, int forSeconds, IntConsumer work) {
        long end = System.nanoTime() + Duration.ofSeconds(forSeconds).toNanos();
        List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        long begun = System.nanoTime();
        for (int i = 0; i < atOnce; i++) {
            int number = i;
            threads.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() - end < 0) {
                    long start = System.nanoTime();
                    work.accept(number);
                    nanos.add(System.nanoTime() - start);
                }
            }));
        }
        threads.forEach(SessionsBench::join);
        double took = (System.nanoTime() - begun) / 1e9;
        print(what + ", " + atOnce + " at once", nanos, nanos.size() / took);
    }

    private void validations(List<Sessions.Begun> begun) {
        for (int threads = 1; threads <= 2; threads++) {
            AtomicLong done = new AtomicLong();
            long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            long start = System.nanoTime();
            List<Thread> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                all.add(Thread.ofPlatform().start(() -> {
                    long count = 0;
                    while (System.nanoTime() - end < 0) {
                        for (Sessions.Begun one : begun) {
                            if (!(agents.getFirst()
                                    .sessions()
                                    .caller(one.token(), "192.0.2.7") instanceof Caller.Person)) {
                                throw new IllegalStateException("a session that is none");
                            }
                        }
                        count += begun.size();
                    }
                    done.addAndGet(count);
                }));
            }
            all.forEach(SessionsBench::join);
            System.out.println(String.format(Locale.ROOT, "%-44s %10.0f/s", "validations, " + threads + " thread(s)",
                    done.get() / ((System.nanoTime() - start) / 1e9)));
        }
    }

    private void revocations() {
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Versioned<User> user = agents.getFirst().user(name(0)).orElseThrow();
            Proof proof = new Proof.Code("0a0b0c0d",
                    ((TotpFactor) user.value().factors().getFirst()).lastStep() + 1);
            Sessions.Begun begun = agents.getFirst()
                    .sessions()
                    .begin(user, user.value().after(proof), proof, DEVICE)
                    .orElseThrow();
            Eventually.within(LONG, "it is known", () -> agents.stream()
                    .allMatch(agent -> agent.sessions().caller(begun.token(), "") instanceof Caller.Person));
            long start = System.nanoTime();
            Thread asked = Thread.ofVirtual()
                    .start(() -> agents.get((int) (start % 3)).sessions().end(List.of(begun.session())));
            while (!agents.stream()
                    .allMatch(agent -> agent.sessions().caller(begun.token(), "") instanceof Caller.Nobody)) {
                Thread.onSpinWait();
            }
            nanos.add(System.nanoTime() - start);
            join(asked);
        }
        print("revoked, until all three refuse it", nanos, 0);
    }

    private void logins() {
        Rig rig = new Rig(trio.stores, store -> true, hasher);
        rig.enrol();
        List<Long> whole = new ArrayList<>();
        List<Long> alone = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            long start = System.nanoTime();
            rig.login(rig.agent());
            whole.add(System.nanoTime() - start);
            start = System.nanoTime();
            hasher.pretend(Rig.PASSWORD);
            alone.add(System.nanoTime() - start);
        }
        print("login, password and code", whole, 0);
        print("Argon2id alone", alone, 0);
        rig.close();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void print(String what, List<Long> nanos, double perSecond) {
        double[] millis = nanos.stream().mapToDouble(n -> n / 1e6).sorted().toArray();
        System.out.println(String.format(Locale.ROOT, "%-44s n=%6d %s p50 %7.2f ms  p99 %7.2f ms  max %7.2f ms", what,
                millis.length, perSecond > 0 ? String.format(Locale.ROOT, "%8.0f/s", perSecond) : "          ",
                at(millis, 0.5), at(millis, 0.99), at(millis, 1)));
    }

    private static double at(double[] sorted, double share) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, sorted.length * share)];
    }
}
