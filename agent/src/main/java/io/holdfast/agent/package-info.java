/**
 * What an agent tells about itself. Owns: AgentView, StatusReport, StatusTable, Health, Explanation, and the only main().
 * Never: does IO, reads a clock ({@code .io} does); decides nothing about PostgreSQL. May call: all floors below.
 * Invariant: what is shown comes from one AgentView, so that table, JSON and health checks never disagree.
 */
@NullMarked
package io.holdfast.agent;

import org.jspecify.annotations.NullMarked;
