/**
 * Where settings touch the world: the file and the environment, the schema, certificates, the machine that is checked.
 * Owns: ConfigLoader, SettingsJson, CertificateAuthority, Doctor. Never: changes a database or a machine's setting.
 * May call: config. Invariant: {@code holdfast.schema.json} is the only source of what a file may say.
 */
@NullMarked
package io.holdfast.config.io;

import org.jspecify.annotations.NullMarked;
