/** Tests of alerts: against a store in memory, real HTTP servers, and an Alertmanager where there is one. */
@NullMarked
package io.holdfast.agent.io.alerts;

import org.jspecify.annotations.NullMarked;
