package io.holdfast.testkit.io;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/**
 * When a test fails: says what the open labs look like, and has their files kept. After the last test of a class: closes the labs
 * that are still open; those that classes share after the last test of all, or the first that fails. {@code @ExtendWith} it.
 */
public final class LabExtension
        implements
            TestExecutionExceptionHandler,
            LifecycleMethodExecutionExceptionHandler,
            AfterAllCallback {
    @Override
    public void afterAll(ExtensionContext context) {
        context.getRoot()
                .getStore(ExtensionContext.Namespace.GLOBAL)
                .computeIfAbsent(LabExtension.class, key -> (AutoCloseable) () -> Lab.open().forEach(Lab::close));
        for (Lab lab : Lab.open()) {
            if (lab.isShared()) {
                lab.checkEventLoops();
            } else {
                lab.close();
            }
        }
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        tell(context, failure);
        throw failure;
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        tell(context, failure);
        throw failure;
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        tell(context, failure);
        throw failure;
    }

    private static void tell(ExtensionContext context, Throwable failure) {
        if (failure instanceof TestAbortedException) {
            return;
        }
        for (Lab lab : Lab.open()) {
            lab.fail();
            System.out.println(context.getDisplayName() + " failed: " + failure + "\n" + lab.describe());
        }
    }
}
