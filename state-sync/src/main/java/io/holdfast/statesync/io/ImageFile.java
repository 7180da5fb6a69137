package io.holdfast.statesync.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.ImageSeal;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An image of the shared state as it lies in a file (docs/repository.md): a line of JSON that everybody can read, a line with the
 * signature of that line and of all that follows the signature's, and then the entries, sealed. Inside the seal stands the hash of
 * the first line, so that none can be put before another one's entries, whoever signs it.
 */
public final class ImageFile {
    private static final byte[] BEGINNING = "{\"holdfast\":\"state\",".getBytes(StandardCharsets.UTF_8);
    private static final Pattern SIGNATURE = Pattern.compile("\\{\"signature\":\"([0-9a-f]{128})\"\\}\n");
    private static final ObjectMapper LINES = new ObjectMapper();

    private ImageFile() {}

    /** Says whether a signature is the signer's. */
    public interface Verifier {
        /** True when it is. */
        boolean isSigned(byte[] signed, byte[] signature, String signer);
    }

    /** An image that was not opened. */
    public static final class Packed {
        private final StateImage.Header header;
        private final String head;
        private final byte[] sealed;

        private Packed(StateImage.Header header, String head, byte[] sealed) {
            this.header = header;
            this.head = head;
            this.sealed = sealed;
        }

        /** What it says of itself; signed. */
        public StateImage.Header header() {
            return header;
        }

        /** Its first line. */
        public String head() {
            return head;
        }

        /** What is sealed. */
        public byte[] sealed() {
            return sealed.clone();
        }
    }

    // ---- writing

    /**
     * An image of a state.
     *
     * @param state of all keys
     * @param epoch the number of the last leadership
     */
    public static byte[] write(Snapshot state, ClusterJson json, String cluster, String systemId, long epoch,
            MemberName member, Instant at, ImageSeal seal) {
        List<StateImage.Item> items = StateImage.itemsOf(state);
        byte[] entries = lines(items);
        StateImage.Header header = new StateImage.Header(StateImage.FORMAT, cluster, systemId, at, member,
                state.revision(), epoch, StateImage.count(items), sha256(entries), seal.recipients(), seal.signer());
        byte[] head = (new String(BEGINNING, StandardCharsets.UTF_8) + json.write(header).substring(1) + "\n")
                .getBytes(StandardCharsets.UTF_8);
        byte[] sealed = seal.seal(together(bindingTo(head), entries));
        String signature = HexFormat.of().formatHex(seal.sign(together(head, sealed)));
        return together(head, ("{\"signature\":\"" + signature + "\"}\n").getBytes(StandardCharsets.UTF_8), sealed);
    }

    private static byte[] lines(List<StateImage.Item> items) {
        StringBuilder text = new StringBuilder();
        try {
            for (StateImage.Item item : items) {
                text.append(LINES.writeValueAsString(Map.of(item.key(), item.value()))).append('\n');
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts can be written", e);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bindingTo(byte[] head) {
        return ("{\"header\":\"" + sha256(head) + "\"}\n").getBytes(StandardCharsets.UTF_8);
    }

    // ---- reading

    /**
     * What a file says of itself, and whether it is as it was signed.
     *
     * @param what the file, for people
     * @throws HoldfastException HF-1011 for what is no image, HF-1012 for one that was changed, HF-1013 for one of a later format
     */
    public static Packed read(byte[] file, ClusterJson json, Verifier verifier, String what) {
        int headEnd = endOfLine(file, 0);
        int signatureEnd = endOfLine(file, headEnd);
        if (headEnd == 0 || signatureEnd == headEnd
                || !Arrays.equals(file, 0, Math.min(headEnd, BEGINNING.length), BEGINNING, 0, BEGINNING.length)) {
            throw noImage(what, "it does not begin as one", null);
        }
        String head = new String(file, 0, headEnd, StandardCharsets.UTF_8);
        StateImage.Header header = header(head, json, what);
        Matcher signature = SIGNATURE.matcher(new String(file, headEnd, signatureEnd - headEnd,
                StandardCharsets.UTF_8));
        byte[] sealed = Arrays.copyOfRange(file, signatureEnd, file.length);
        if (!signature.matches() || !verifier.isSigned(together(Arrays.copyOf(file, headEnd), sealed),
                HexFormat.of().parseHex(signature.group(1)), header.signer())) {
            throw damaged(what, null);
        }
        return new Packed(header, head, sealed);
    }

    /**
     * The header in a first line.
     *
     * @throws HoldfastException HF-1011, HF-1013
     */
    private static StateImage.Header header(String head, ClusterJson json, String what) {
        try {
            int format = LINES.readTree(head).path("format").asInt();
            if (format > StateImage.FORMAT) {
                throw new Problem("HF-1013",
                        what + " has format " + format + ", and this release knows " + StateImage.FORMAT,
                        "import it with the release that wrote it, or a later one.").toException();
            }
            return json.read(head, StateImage.Header.class);
        } catch (JsonProcessingException e) {
            throw noImage(what, e.getOriginalMessage(), e);
        } catch (HoldfastException e) {
            throw e.problem().code().equals("HF-1013") ? e : noImage(what, e.problem().fact(), e);
        }
    }

    /**
     * The image that was sealed behind a first line.
     *
     * @param plain what was sealed
     * @throws HoldfastException HF-1014 when it belongs to another first line, or is not what that says
     */
    public static StateImage open(String head, byte[] plain, ClusterJson json, String what) {
        StateImage.Header header = header(head, json, what);
        byte[] binding = bindingTo(head.getBytes(StandardCharsets.UTF_8));
        if (plain.length < binding.length
                || !Arrays.equals(plain, 0, binding.length, binding, 0, binding.length)) {
            throw other(what, "its entries were sealed behind another first line");
        }
        byte[] entries = Arrays.copyOfRange(plain, binding.length, plain.length);
        if (!sha256(entries).equals(header.checksum())) {
            throw other(what, "its entries have another checksum than its first line says");
        }
        List<StateImage.Item> items = new ArrayList<>();
        for (String line : new String(entries, StandardCharsets.UTF_8).split("\n", -1)) {
            item(line).ifPresent(items::add);
        }
        if (!StateImage.count(items).equals(header.counts())) {
            throw other(what, "it has other entries than its first line says");
        }
        return new StateImage(header, items);
    }

    private static Optional<StateImage.Item> item(String line) {
        try {
            JsonNode json = LINES.readTree(line);
            return json.properties()
                    .stream()
                    .findFirst()
                    .map(field -> new StateImage.Item(field.getKey(), field.getValue().asText()));
        } catch (JsonProcessingException e) {
            // What is counted afterwards lacks it.
            return Optional.empty();
        }
    }

    private static int endOfLine(byte[] file, int from) {
        for (int i = from; i < file.length; i++) {
            if (file[i] == '\n') {
                return i + 1;
            }
        }
        return from;
    }

    private static byte[] together(byte[]... parts) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            whole.writeBytes(part);
        }
        return whole.toByteArray();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }

    private static HoldfastException noImage(String what, @Nullable String why, @Nullable Exception cause) {
        Problem problem = new Problem("HF-1011", what + " is no image of a shared state: " + why,
                "'holdfast state export' makes one; a set of backups has one beside it.");
        return cause == null ? problem.toException() : new HoldfastException(problem, cause);
    }

    /** It was changed since it was signed. */
    public static HoldfastException damaged(String what, @Nullable Exception cause) {
        Problem problem = new Problem("HF-1012", what + " is not as it was signed",
                "it was damaged, cut short or changed; take another copy of it, or another image.");
        return cause == null ? problem.toException() : new HoldfastException(problem, cause);
    }

    private static HoldfastException other(String what, String why) {
        return new Problem("HF-1014", what + " is not what it says: " + why,
                "somebody put it together of two; take another image.").toException();
    }
}
