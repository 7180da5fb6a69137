package io.holdfast.backup.io;

import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryContract;

final class MemoryRepositoryTest extends RepositoryContract {
    private final Repository repository = new MemoryRepository();

    @Override
    protected Repository repository() {
        return repository;
    }
}
