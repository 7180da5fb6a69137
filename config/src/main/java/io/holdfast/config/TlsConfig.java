package io.holdfast.config;

import java.nio.file.Path;

/**
 * The section {@code tls}: the certificates between the members.
 *
 * @param ca certificate of the cluster's authority, PEM
 * @param cert this member's certificate, PEM; its common name is the member's name
 * @param key this member's private key, PKCS#8 PEM
 */
public record TlsConfig(Path ca, Path cert, Path key) {}
