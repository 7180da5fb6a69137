/**
 * What is measured of the PostgreSQL of this host: replication, activity, statements, sizes, the archive, and the canary. Owns:
 * PostgresProbes. Never: takes part in a turn, uses the turns' connection, writes but for the canary. May call: metrics, replication,
 * config, statesync, Vert.x.
 */
@NullMarked
package io.holdfast.replication.io.probe;

import org.jspecify.annotations.NullMarked;
