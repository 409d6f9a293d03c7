/** Every name that controller and agent agree on in Redis. */
export const PREFIX = 'setpoint'

/** The stream on which all agents report. */
export const REPORTS = `${PREFIX}:reports`

/** A hash: host name to its last full snapshot (JSON). */
export const SNAPSHOTS = `${PREFIX}:snapshots`

/** The leader's lease: the id of the controller that may act. */
export const LEADER = `${PREFIX}:leader`

/** How many entries the report stream keeps, about. */
export const REPORTS_KEPT = 20_000

/** An agent refreshes its snapshot at least this often, in milliseconds; after three missed ones it counts as lost. */
export const HEARTBEAT = 5_000

/** The BullMQ queue of a host. BullMQ allows no `:` in it. */
export function queueName(host: string): string {
  return `host-${host}`
}

/** A host's name: what a DNS label allows, so that it can stand in keys, queue and file names. */
export const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/
