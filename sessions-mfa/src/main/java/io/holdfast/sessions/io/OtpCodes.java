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
                .withAlgorithm(switch (totp.algorithm()) {
                    case SHA1 -> HMACAlgorithm.SHA1;
                    case SHA256 -> HMACAlgorithm.SHA256;
                    case SHA512 -> HMACAlgorithm.SHA512;
                })
                .withPasswordLength(totp.digits())
                .build()
                .generate(counter);
    }
}
