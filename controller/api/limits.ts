/** The largest request body, in bytes; candidates for a plan may be whole fleets. */
export const MAX_BODY_BYTES = 64 * 1024
export const MAX_PLAN_BYTES = 8 * 1024 * 1024

/** The most log lines of each task that one request gets. */
export const MAX_TAIL = 10_000

/** How long one long poll may be held open, and is when nothing else is asked, in milliseconds. */
export const MAX_POLL = 60_000
export const DEFAULT_POLL = 30_000

/** How long a handler may take, in milliseconds; `sync` reads every source over the network. */
export const HANDLER_DEADLINE = 30_000
export const SYNC_DEADLINE = 150_000

/** For volumes: to measure those of every host, and to delete what is in one. */
export const SIZE_DEADLINE = 120_000
export const REMOVE_DEADLINE = 11 * 60_000

/** How long a client may take to send a whole request, in milliseconds. */
export const REQUEST_DEADLINE = 20_000

/** The most connections at one time, on each of the two listeners. */
export const MAX_CONNECTIONS = 512
