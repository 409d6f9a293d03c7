/** One source as asked for on the command line or in a file. */
export interface SourceOptions {
  /** PATH or URL. */
  url: string
  /** Absent: the branch that the repository's HEAD names. */
  branch?: string
  /** A folder inside the source; empty for all of it. */
  directory: string
  /** Milliseconds between two polls, and after a poll that failed. */
  interval: number
  retryInterval: number
  /** A commit that removes every stack is accepted. */
  allowEmpty: boolean
  /** Variables of its stack files, over those of their `.env` and `x-setpoint.variables`. */
  variables?: Record<string, string>
  /** A file in the form of git-credential-store. */
  credentialsFile?: string
}

/** All that a controller is told at its start. */
export interface ControllerOptions {
  /** Absolute path. The controller keeps `<state>/controller/` of it. */
  state: string
  /** `redis://…`, `rediss://…` or `unix:///path/redis.sock`. */
  redis: string
  /** `HOST:PORT` of the API. It listens on `<state>/api.sock` too. */
  listen: string
  /** Bearer token that the API asks for; without one it only listens on loopback. */
  token?: string
  /** Absolute path of a credentials file for image registries; it need not be there. */
  authFile: string
  sources: SourceOptions[]
  /** Files, by host, that hold its recipient: then no report is believed about it. */
  hostKeys: Record<string, string>
  /** Nothing is sealed to a host until a person has trusted its key, or it stands in a file of `hostKeys`. */
  hostsByHand?: boolean
  logLevel: string
  /** Where pino writes JSON lines. */
  logFile: string
}

export const DEFAULT_LISTEN = '127.0.0.1:7070'
/** Milliseconds. */
export const DEFAULT_INTERVAL = 60_000
export const DEFAULT_RETRY_INTERVAL = 15_000
