package io.holdfast.agent.e2e;

import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.io.RatisOptions;
import io.holdfast.statesync.io.RatisStateStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** A peer of the consensus and nothing else, under the agent's own JVM flags: what an agent is measured against. */
final class BarePeer {
    private BarePeer() {}

    /** {@code -Dbare=NAME,DIRECTORY,name=address,…}; runs until its input ends. The arguments are the agent's, and mean nothing. */
    public static void main(String[] args) throws IOException {
        String[] words = System.getProperty("bare", "").split(",", -1);
        Path directory = Path.of(words[1]);
        Map<MemberName, String> peers = new TreeMap<>();
        for (int i = 2; i < words.length; i++) {
            String[] peer = words[i].split("=", 2);
            peers.put(new MemberName(peer[0]), peer[1]);
        }
        RatisOptions options = RatisOptions
                .of("bare", new MemberName(words[0]), words[0], peers, directory.resolve(words[0]))
                .withTls(new RatisOptions.Tls(directory.resolve("ca/ca.crt"), directory.resolve(words[0] + ".crt"),
                        directory.resolve(words[0] + ".key")));
        try (RatisStateStore store = new RatisStateStore(options)) {
            System.out.println("started at revision " + store.local("").revision());
            while (System.in.read() >= 0) {
                // Only the end of the input matters.
            }
        }
    }
}
