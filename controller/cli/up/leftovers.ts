import type { Layout, ServiceName } from './layout.ts'
import { livingProcess, removePidFile } from './pid-file.ts'
import { commandLine, stopProcess } from './process-table.ts'

/** Milliseconds that each gets between SIGTERM and SIGKILL. */
const DEADLINE = 20_000

/**
 * Stops what a killed `up` has left running: agent and controller, then Redis. No container is touched.
 * @returns the names of what was stopped
 */
export async function stopLeftovers(layout: Layout): Promise<ServiceName[]> {
  const first = await Promise.all([stopLeftover(layout, 'agent'), stopLeftover(layout, 'controller')])
  const last = await stopLeftover(layout, 'redis')
  return [...first, last].filter((name) => name !== undefined)
}

async function stopLeftover(layout: Layout, service: ServiceName): Promise<ServiceName | undefined> {
  const file = layout.pidFile(service)
  const found = livingProcess(file)
  const ours = found && isOurs(commandLine(found.pid), service)
  if (ours) await stopProcess(found, DEADLINE)
  removePidFile(file)
  return ours ? service : undefined
}

/** A second look, since a wrong SIGKILL is worse than a leftover: the command line must be one of ours. */
function isOurs(argv: string[], service: ServiceName): boolean {
  const line = argv.join(' ')
  if (service === 'redis') return line.includes('redis-server')
  return service === 'agent' ? /agent\/main\.[jt]s/.test(line) : /cli\/main\.[jt]s controller/.test(line)
}
