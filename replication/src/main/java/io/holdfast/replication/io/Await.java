package io.holdfast.replication.io;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Waits with a name and a bound. */
final class Await {

    /** Something that was waited for did not come, or failed; the message names it. */
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Failure(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private Await() {}

    /**
     * The result of a future; works on Vert.x's virtual threads, whose context it leaves to others meanwhile, and on any other
     * thread that may block.
     */
    static <T> T within(String name, Duration time, Future<T> future) {
        try {
            Context context = Vertx.currentContext();
            if (context != null && context.threadingModel() == ThreadingModel.VIRTUAL_THREAD) {
                return future.timeout(time.toMillis(), TimeUnit.MILLISECONDS).await();
            }
            return future.toCompletionStage().toCompletableFuture().get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new Failure(name + ": " + e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new Failure(name + ": no answer within " + time.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(name + ": interrupted", e);
        } catch (Throwable e) {
            // Vert.x's await rethrows whatever the future failed with.
            throw new Failure(name + ": " + e.getMessage(), e);
        }
    }

    /** Asks again every few milliseconds until it holds; false when the time is over, or the thread interrupted. */
    static boolean until(Duration time, Duration pause, BooleanSupplier condition) {
        long end = System.nanoTime() + time.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }
}
