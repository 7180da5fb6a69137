package io.holdfast.sessions.io;

import com.google.zxing.WriterException;
import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel;
import com.google.zxing.qrcode.encoder.ByteMatrix;
import com.google.zxing.qrcode.encoder.Encoder;

/** A QR code for a terminal: two rows of modules a line, dark on light whatever the terminal's colours are. */
public final class Qr {
    private static final int QUIET = 4;
    private static final String DARK_ON_LIGHT = "\u001b[30;107m";
    private static final String USUAL = "\u001b[0m";

    private Qr() {}

    /**
     * Draws a text.
     *
     * @param colours whether the terminal takes them; without, it must show dark on light by itself
     * @return lines, each ended by a line feed
     */
    public static String draw(String text, boolean colours) {
        ByteMatrix modules;
        try {
            modules = Encoder.encode(text, ErrorCorrectionLevel.L).getMatrix();
        } catch (WriterException e) {
            throw new IllegalArgumentException("too long for a QR code: " + text.length() + " characters", e);
        }
        int size = modules.getWidth() + 2 * QUIET;
        StringBuilder drawn = new StringBuilder();
        for (int row = 0; row < size; row += 2) {
            drawn.append(colours ? DARK_ON_LIGHT : "");
            for (int column = 0; column < size; column++) {
                boolean upper = isDark(modules, row, column);
                boolean lower = isDark(modules, row + 1, column);
                drawn.append(upper ? lower ? '\u2588' : '\u2580' : lower ? '\u2584' : ' ');
            }
            drawn.append(colours ? USUAL : "").append('\n');
        }
        return drawn.toString();
    }

    private static boolean isDark(ByteMatrix modules, int row, int column) {
        int y = row - QUIET;
        int x = column - QUIET;
        return y >= 0 && x >= 0 && y < modules.getHeight() && x < modules.getWidth() && modules.get(x, y) == 1;
    }
}
