package io.holdfast.config.io;

import io.holdfast.config.BackupConfig;
import io.holdfast.config.Finding;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.TlsConfig;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** Looks at the machine that a configuration is for. Changes nothing; every check is made, whatever another one found. */
public final class Doctor {
    private Doctor() {}

    /** What is found, in the order of the checks; empty when all is well. Takes some seconds at most. */
    public static List<Finding> check(HoldfastConfig config) {
        List<Finding> findings = new ArrayList<>();
        if (!config.isWitness()) {
            DoctorPostgres postgres = new DoctorPostgres(config.postgresqlOrThrow(), config.cluster().settings());
            run("binaries", postgres::binaries, findings);
            run("data directory", postgres::dataDirectory, findings);
            run("callbacks", postgres::callbacks, findings);
        }
        DoctorNetwork network = new DoctorNetwork(config);
        run("ports", network::ports, findings);
        run("peers", network::peers, findings);
        DoctorHost host = new DoctorHost(config);
        run("membership", host::membership, findings);
        run("state directory", host::directories, findings);
        run("disk", host::disk, findings);
        run("clock", host::clock, findings);
        TlsConfig tls = config.tls();
        if (tls != null) {
            run("certificates", new DoctorTls(config, tls, Clock.systemUTC())::check, findings);
        }
        run("seal key", new DoctorSessions(config)::check, findings);
        BackupConfig backup = config.backup();
        if (backup != null) {
            DoctorBackup backups = new DoctorBackup(backup, SearchPath.directories());
            run("backups", backups::check, findings);
            if (!config.isWitness()) {
                run("archive", backups::curl, findings);
            }
        }
        return findings;
    }

    /** A check. */
    @FunctionalInterface
    private interface Check {
        List<Finding> run() throws IOException;
    }

    private static void run(String name, Check check, List<Finding> findings) {
        try {
            findings.addAll(check.run());
        } catch (IOException | RuntimeException e) {
            findings.add(Finding.warning("HF-0049", "the check of the " + name + " could not be made (" + e + ")",
                    "look at this one by hand."));
        }
    }
}
