import { fail, notice, within } from '../../cursor.ts'
import type { ServiceDraft } from '../service.ts'

/** What a service without a network of its own cannot have, and that the one whose network it shares has one. */
export function checkNetworkMode(service: ServiceDraft, byName: Map<string, ServiceDraft>): void {
  const { network_mode: mode, at, ports = [] } = service
  if (mode === undefined) return
  const has = (key: string) => within(at, key) !== at
  const refuse = (key: string, why: string) => has(key) && fail(within(at, key), why)
  refuse('mac_address', 'needs a network of its own; remove it, or network_mode')
  if (mode === 'none') {
    refuse('ports', 'network_mode: none has nothing to publish; remove one of the two')
    if (service['x-setpoint']?.healthcheck) {
      fail(
        within(at, 'x-setpoint', 'healthcheck'),
        'asks over the network, and there is none; take healthcheck.test',
      )
    }
    return
  }
  const isParameter = Object.keys(service.sysctls ?? {}).find((name) => name.startsWith('net.'))
  if (mode === 'host') {
    if (ports.length > 0) {
      notice(
        within(at, 'ports'),
        'accepted without effect: with network_mode: host the ports are those of the host',
      )
    }
    if (isParameter)
      fail(within(at, 'sysctls', isParameter), 'would be of the whole host; set it there with sysctl -w')
    return
  }
  for (const key of ['ports', 'extra_hosts', 'dns', 'dns_search', 'dns_opt', 'hostname', 'domainname']) {
    refuse(key, `is that of ${mode.service}, whose network is shared; write it there`)
  }
  if (isParameter)
    fail(within(at, 'sysctls', isParameter), `is of the network of ${mode.service}; write it there`)
  const owner = byName.get(mode.service)
  if (owner) checkOwner(service, owner)
}

function checkOwner(service: ServiceDraft, owner: ServiceDraft): void {
  const place = within(service.at, 'network_mode')
  if (owner.network_mode === 'host' || typeof owner.network_mode === 'object') {
    fail(place, `${owner.name} has no network of its own either; write what stands there`)
    return
  }
  const isGlobal = (one: ServiceDraft) => one.deploy?.mode === 'global'
  if (isGlobal(service) !== isGlobal(owner)) {
    fail(place, `each task shares the network of one of ${owner.name}; make both global, or none`)
    return
  }
  const [count, most] = [replicasOf(service), replicasOf(owner)]
  if (isGlobal(service) || count <= most) return
  fail(
    place,
    `has ${count} tasks, but ${owner.name} only ${most} networks to share; give it as many replicas`,
  )
}

function replicasOf({ deploy, scale }: ServiceDraft): number {
  return deploy?.replicas ?? scale ?? 1
}
