import type { Log } from '../../../schemas/log.ts'
import { succeed } from '../../runtime/exec.ts'
import { setSysctl } from '../sysctl.ts'
import { within } from '../within.ts'

const TOLD = 'was off and is on now: tasks reach the world through this host'

/** Lets packets pass between bridges and the host's own links. */
export async function openForwarding({
  prefix,
  log,
  ipv6,
}: {
  prefix: string[]
  log: Log
  ipv6: boolean
}): Promise<void> {
  if (await setSysctl(prefix, 'net/ipv4/ip_forward', '1')) log.warn({}, `net.ipv4.ip_forward ${TOLD}`)
  if (!ipv6) return
  await keepAdvertisedRoutes(prefix, log)
  if (await setSysctl(prefix, 'net/ipv6/conf/all/forwarding', '1')) {
    log.warn({}, `net.ipv6.conf.all.forwarding ${TOLD}`)
  }
}

/**
 * A host that forwards does not listen to router advertisements any more, unless `accept_ra` is 2 (Linux,
 * ip-sysctl.rst): without this one that has its default route from a router would lose it some minutes later.
 */
async function keepAdvertisedRoutes(prefix: string[], log: Log): Promise<void> {
  const argv = within(prefix, ['ip', '-6', '-j', 'route', 'show', 'default', 'proto', 'ra'])
  const routes = JSON.parse((await succeed(argv, { timeout: 10_000 })) || '[]') as { dev?: string }[]
  for (const device of new Set(routes.flatMap(({ dev }) => dev ?? []))) {
    if (!(await setSysctl(prefix, `net/ipv6/conf/${device}/accept_ra`, '2'))) continue
    log.warn({ device }, 'accept_ra is 2 now: the host keeps the IPv6 route that its router advertises')
  }
}
