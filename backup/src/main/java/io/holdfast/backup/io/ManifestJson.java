package io.holdfast.backup.io;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.Sha256;
import io.holdfast.backup.SignatureVerdict;
import io.holdfast.backup.SignerKey;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineId;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.Recipient;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.io.RecordJson;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A manifest as it is stored: three lines of JSON. The first has the signature of all that follows {@code "manifest": } in
 * the second, byte for byte, so that nothing need be brought into a canonical form.
 */
final class ManifestJson {
    private static final Pattern FORM = Pattern
            .compile("\\{\"signature\": \"([0-9a-f]{128})\",\n\"manifest\": (.*)\n\\}\n");
    private static final JsonMapper JSON = mapper();

    private ManifestJson() {}

    /**
     * A manifest that was read.
     *
     * @param manifest what it says
     * @param signature whether to believe it
     */
    record Read(Manifest manifest, SignatureVerdict signature) {}

    static byte[] write(Manifest manifest, SigningKey key) {
        if (!key.signer().equals(manifest.signer())) {
            throw new IllegalArgumentException("the manifest names another signer than signs it");
        }
        try {
            byte[] signed = JSON.writeValueAsBytes(manifest);
            return ("{\"signature\": \"" + HexFormat.of().formatHex(key.sign(signed)) + "\",\n\"manifest\": "
                    + new String(signed, StandardCharsets.UTF_8) + "\n}\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Throws {@link HoldfastException} for what is no manifest, or one of a later format. */
    static Read read(byte[] bytes, String where, Set<SignerKey> trusted) {
        Matcher matcher = FORM.matcher(new String(bytes, StandardCharsets.UTF_8));
        if (!matcher.matches()) {
            throw unreadable(where, "it does not have its form").toException();
        }
        String text = matcher.group(2);
        try {
            int format = JSON.readTree(text).path("format").asInt();
            if (format > Manifest.FORMAT) {
                throw new Problem("HF-2031", where + " has format " + format + ", and this release knows "
                        + Manifest.FORMAT, "read it with the release that wrote it, or a later one.").toException();
            }
            Manifest manifest = JSON.readValue(text, Manifest.class);
            return new Read(manifest, SigningKey.verify(text.getBytes(StandardCharsets.UTF_8),
                    HexFormat.of().parseHex(matcher.group(1)), manifest.signer(), trusted));
        } catch (JsonProcessingException e) {
            throw new HoldfastException(unreadable(where, String.valueOf(e.getOriginalMessage())), e);
        }
    }

    private static Problem unreadable(String where, String reason) {
        return new Problem("HF-2030", where + " is not a manifest (" + reason + ")",
                "it was damaged or changed; the objects beside it can still be opened by hand.");
    }

    private static JsonMapper mapper() {
        SimpleModule words = new SimpleModule("backup words");
        RecordJson.text(words, SystemId.class, SystemId::new);
        RecordJson.text(words, BackupId.class, id -> BackupId.read(id).orElseThrow(IllegalArgumentException::new));
        RecordJson.text(words, TimelineId.class, id -> new TimelineId(Integer.parseUnsignedInt(id, 16)));
        RecordJson.text(words, Lsn.class, Lsn::parse);
        RecordJson.text(words, Sha256.class, Sha256::new);
        RecordJson.text(words, Recipient.class, Recipient::new);
        RecordJson.text(words, SignerKey.class, SignerKey::new);
        RecordJson.text(words, Instant.class, Instant::parse);
        return RecordJson.builder(words)
                .addMixIn(Manifest.Piece.class, InOneLine.class)
                .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                .build();
    }

    /** There may be a hundred thousand files: {@code ["base/1/1259", 0, 114688, 114688]}. */
    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    private interface InOneLine {}
}
