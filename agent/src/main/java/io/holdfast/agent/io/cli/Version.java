package io.holdfast.agent.io.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version, as Maven wrote it into the jar. */
public final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[]{"holdfast " + text()};
    }

    /** Such as {@code 0.1.0}; {@code development} outside a jar. */
    public static String text() {
        try (InputStream in = Version.class.getResourceAsStream("/META-INF/maven/io.holdfast/agent/pom.properties")) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "development");
        } catch (IOException e) {
            return "development";
        }
    }
}
