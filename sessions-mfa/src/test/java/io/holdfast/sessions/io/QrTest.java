package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.LuminanceSource;
import com.google.zxing.ReaderException;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import io.holdfast.sessions.Totp;
import java.util.List;
import org.junit.jupiter.api.Test;

final class QrTest {
    private static final int SCALE = 4;

    @Test
    void aCameraReadsFromTheTerminalWhatWasDrawn() throws ReaderException {
        String uri = Totp.USUAL.uri("Holdfast orders", "ada", new byte[20]);
        assertEquals(uri, read(Qr.draw(uri, false)));
        assertEquals(uri, read(Qr.draw(uri, true).replaceAll("\u001b\\[[0-9;]*m", "")));
    }

    private static String read(String drawn) throws ReaderException {
        List<String> lines = drawn.lines().toList();
        int width = lines.getFirst().length() * SCALE;
        int height = lines.size() * 2 * SCALE;
        byte[] light = new byte[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                char block = lines.get(y / SCALE / 2).charAt(x / SCALE);
                boolean upper = y / SCALE % 2 == 0;
                boolean dark = block == '\u2588' || block == (upper ? '\u2580' : '\u2584');
                light[y * width + x] = (byte) (dark ? 0 : 255);
            }
        }
        return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(new Picture(light, width, height))))
                .getText();
    }

    private static final class Picture extends LuminanceSource {
        private final byte[] light;

        Picture(byte[] light, int width, int height) {
            super(width, height);
            this.light = light;
        }

        @Override
        public byte[] getRow(int y, byte[] row) {
            byte[] copy = new byte[getWidth()];
            System.arraycopy(light, y * getWidth(), copy, 0, getWidth());
            return copy;
        }

        @Override
        public byte[] getMatrix() {
            return light.clone();
        }
    }
}
