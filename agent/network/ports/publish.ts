import { forwardsOf, type Traffic, vipsOf } from '../firewall/forwards.ts'
import type { Endpoint } from '../networks.ts'
import type { Parts } from '../parts.ts'

/** Networks.publish. */
export async function publish(parts: Parts, endpoints: Endpoint[]): Promise<void> {
  const traffic = trafficTo(parts, endpoints)
  parts.traffic = traffic
  const led = parts.firewall.apply().then(() => parts.flows.follow(traffic))
  await Promise.all([led, parts.names.publish(endpoints)])
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
