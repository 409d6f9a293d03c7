import { forwardsOf, type Traffic, vipsOf } from '../firewall/forwards.ts'
import type { Endpoint } from '../networks.ts'
import type { Parts } from '../parts.ts'

/** Networks.publish. */
export async function publish(parts: Parts, endpoints: Endpoint[]): Promise<void> {
  const before = parts.traffic
  const after = trafficTo(parts, endpoints)
  parts.traffic = after
  await Promise.all([parts.firewall.apply(), parts.names.publish(endpoints)])
  await parts.flows.follow(before, after)
}

/** The ports of a task are those that were picked when it was attached. */
function trafficTo({ leases }: Parts, endpoints: Endpoint[]): Traffic {
  const networks = leases.networks()
  const served = endpoints.map((endpoint) => {
    const { task } = endpoint
    return { ...endpoint, ports: leases.of(task.id)[0]?.lease.ports ?? task.container.ports }
  })
  return { forwards: forwardsOf(networks, served), vips: vipsOf(networks, served) }
}
