/** Grafana's dashboards: written of the definitions in {@code src/test/dashboards}, and what must be true of them. */
@NullMarked
package io.holdfast.agent.dashboards;

import org.jspecify.annotations.NullMarked;
