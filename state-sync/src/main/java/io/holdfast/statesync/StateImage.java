package io.holdfast.statesync;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * All of the shared state that is worth keeping, as of one revision: {@link KeyFamily} says of each key whether it is.
 *
 * @param header what it is
 * @param items its entries, by key
 */
public record StateImage(Header header, List<Item> items) {
    /** The format that is written; a reader refuses a greater one. */
    public static final int FORMAT = 1;

    /** Takes an immutable copy. */
    public StateImage {
        items = List.copyOf(items);
    }

    /**
     * What everybody may read of it.
     *
     * @param format of the file
     * @param cluster the cluster's name
     * @param systemId PostgreSQL's system identifier
     * @param at when it was taken, by the clock of the member that took it
     * @param member who took it
     * @param revision the revision of the shared state
     * @param epoch the number of the last leadership
     * @param counts how many entries it has of each kind, by the kind's prefix
     * @param checksum the SHA-256 of the lines of its entries
     * @param recipients whom it is sealed for
     * @param signer who signs it: {@code ed25519:} and the public key in hexadecimal digits
     */
    public record Header(int format, String cluster, String systemId, Instant at, MemberName member, long revision,
            long epoch, Map<String, Integer> counts, String checksum, List<String> recipients, String signer) {
        /** Takes immutable copies; throws NullPointerException where something is missing. */
        public Header {
            List.of(cluster, systemId, at, member, checksum, signer);
            counts = Collections.unmodifiableMap(new TreeMap<>(counts));
            recipients = List.copyOf(recipients);
        }
    }

    /**
     * An entry.
     *
     * @param key the key
     * @param value its value
     */
    public record Item(String key, String value) {}

    /** What an image has of a state: what goes with a lease it never has. A kind of a later release is there to be read. */
    public static List<Item> itemsOf(Snapshot snapshot) {
        List<Item> items = new ArrayList<>();
        for (Entry entry : snapshot.entries().values()) {
            boolean in = KeyFamily.of(entry.key())
                    .map(KeyFamily::image)
                    .orElse(KeyFamily.Image.CARRIED) != KeyFamily.Image.LEFT_OUT;
            if (in && entry.lease() == null) {
                items.add(new Item(entry.key(), entry.value()));
            }
        }
        return items;
    }

    /** How many there are of each kind. */
    public static Map<String, Integer> count(List<Item> items) {
        Map<String, Integer> counts = new TreeMap<>();
        items.forEach(item -> counts.merge(KeyFamily.of(item.key()).map(KeyFamily::prefix).orElse("others"), 1,
                Integer::sum));
        return counts;
    }

    /** The entries of a kind that an import brings back. */
    public Stream<Item> of(KeyFamily family) {
        return items.stream().filter(item -> KeyFamily.of(item.key()).filter(family::equals).isPresent());
    }
}
