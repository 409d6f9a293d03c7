import type { LogLine } from '../../schemas/session/request.ts'
import { createFollowedHost, type FollowedHost, type FollowedHostOptions } from './followed-host.ts'

export interface LogHostsOptions extends Omit<FollowedHostOptions, 'started'> {
  /** The hosts that may have tasks that are meant, now. */
  hosts: () => string[]
}

/** The hosts whose logs are read. */
export interface LogHosts {
  /** Begins with those that there are now. */
  open(): Promise<void>
  /** The lines of each of them up to now. */
  histories(): AsyncGenerator<LogLine>[]
  /** Follows them once their histories have been read. */
  follow(): Promise<void>
  /** Takes up those that have come since, and those that are there again: their lines come as pieces. */
  joinNew(): Promise<void>
  close(): void
}

/** A host that does not answer keeps no other from being read. */
export function createLogHosts({ hosts, request, ...options }: LogHostsOptions): LogHosts {
  const started = new Date().toISOString()
  const known = new Map<string, FollowedHost>()
  let first: FollowedHost[] = []
  let closed = false

  function hostNamed(name: string, asked = request): FollowedHost {
    const host = known.get(name) ?? createFollowedHost(name, { ...options, request: asked, started })
    known.set(name, host)
    return host
  }

  /** Of a host that comes later all is new, and stands after the histories of the first. */
  async function joinNew(): Promise<void> {
    if (!request.follow || closed) return
    const { tail: _, ...whole } = request
    for (const name of hosts()) {
      const host = hostNamed(name, whole)
      if (host.isIdle() && (await host.begin())) void catchUp(host)
    }
  }

  async function catchUp(host: FollowedHost): Promise<void> {
    for await (const line of host.history()) await options.pieces.put({ lines: [line] })
    await goOn(host)
  }

  async function goOn(host: FollowedHost): Promise<void> {
    await host.follow()
    await joinNew()
  }

  return {
    async open() {
      const named = hosts().map((name) => hostNamed(name))
      const answers = await Promise.all(named.map((host) => host.begin()))
      first = named.filter((_, index) => answers[index])
    },
    histories: () => first.map((host) => host.history()),
    follow() {
      for (const host of first) void goOn(host)
      return joinNew()
    },
    joinNew,
    close() {
      closed = true
      for (const host of known.values()) host.close()
    },
  }
}
