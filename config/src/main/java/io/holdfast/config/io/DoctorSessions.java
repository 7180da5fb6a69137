package io.holdfast.config.io;

import io.holdfast.config.Finding;
import io.holdfast.config.HoldfastConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Looks at where the key lies that seals the secrets of second factors. */
final class DoctorSessions {
    private static final Set<PosixFilePermission> OTHERS = Set.of(PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);

    private final HoldfastConfig config;

    DoctorSessions(HoldfastConfig config) {
        this.config = config;
    }

    /** A value that was not read from a file cannot be looked at. */
    List<Finding> check() throws IOException {
        Path file = config.sessions().sealKeyFile();
        if (file == null) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>();
        if (file.startsWith(config.state())) {
            findings.add(Finding.error("HF-0086",
                    "sessions.seal-key: " + file + " lies in the state directory, whose content it seals",
                    "move it out of " + config.state() + ": whoever copies that must not get the key with it."));
        }
        if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
            findings.add(Finding.error("HF-0076", "sessions.seal-key: " + file + " can be read or written by others",
                    "chmod 0600 " + file + "."));
        }
        return findings;
    }
}
