/** How long a machine is believed to be there without a word from it. */

/** Often enough to be noticed within seconds, seldom enough that 64 machines cost a server nothing. */
export const HEARTBEAT_MS = 2_000;
/** Three heartbeats and a half: a busy machine, or one lost message, is not an absence. */
export const LEASE_MS = 7_000;
/** Whoever comes back from a break still sees that a machine went. */
export const AWAY_SHOWN_MS = 60 * 60_000;
/** It said that it leaves, so nobody has to look into it. */
export const LEFT_SHOWN_MS = 5 * 60_000;
/** More are not shown; the log says so once. */
export const MOST_MACHINES = 64;
