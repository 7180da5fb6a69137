package io.holdfast.sessions.io;

import com.bastiaanjansen.otp.HMACAlgorithm;
import com.bastiaanjansen.otp.HOTPGenerator;
import io.holdfast.sessions.Base32;
import io.holdfast.sessions.Totp;
import java.nio.charset.StandardCharsets;

/** Codes by otp-java. Of it only the computation is used: it compares with {@code String.equals}, and knows no last step. */
public final class OtpCodes implements Totp.Codes {
    @Override
    public String code(Totp totp, byte[] secret, long counter) {
        return new HOTPGenerator.Builder(Base32.encode(secret).getBytes(StandardCharsets.US_ASCII))
                // By name: the library calls SHA-1 deprecated, which authenticator apps take for granted.
                .withAlgorithm(HMACAlgorithm.valueOf(totp.algorithm().name()))
                .withPasswordLength(totp.digits())
                .build()
                .generate(counter);
    }
}
