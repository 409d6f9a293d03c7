import { join } from 'node:path'
import type { Log } from '../../schemas/log.ts'
import type { Paths } from '../paths.ts'
import { type Lease, type Leases, type Network, openLeases } from './addresses/leases.ts'
import { createFirewall, type Firewall } from './firewall/firewall.ts'
import { createFlows, type Flows } from './firewall/flows.ts'
import { type Traffic, vipPairsOf } from './firewall/forwards.ts'
import { createHostFirewall } from './firewall/host-firewall.ts'
import { type RuleNetwork, renderTable } from './firewall/rules.ts'
import { type Bridges, createBridges } from './links/bridges.ts'
import { type Cni, createCni } from './links/cni.ts'
import { createIp, type Ip } from './links/ip.ts'
import { namespaceOf } from './links/links.ts'
import type { Namespace } from './links/make-namespace.ts'
import { createNamespaces, type Namespaces } from './links/namespaces.ts'
import { createNameServers, type NameServers } from './names/name-servers.ts'
import { createNames, type Names } from './names/names.ts'
import { taskFiles } from './names/task-files.ts'
import { tableName } from './naming.ts'
import { createObserver, type Observer } from './observe.ts'

export interface NetworksOptions {
  paths: Paths
  log: Log
  /** Put before every command, to work in other namespaces than the agent's; empty in production. */
  prefix?: string[]
  /** The folder in /proc of a process that is in these namespaces: `/proc/self`. */
  proc?: string
}

/** What the verbs of Networks work with. */
export interface Parts {
  paths: Paths
  log: Log
  /** Put before every command; empty in production. */
  prefix: string[]
  proc: string
  ip: Ip
  leases: Leases
  bridges: Bridges
  namespaces: Namespaces
  servers: NameServers
  names: Names
  cni: Cni
  firewall: Firewall
  flows: Flows
  observer: Observer
  /** Ports that tasks on their way in have taken, before their leases say so. */
  arriving: Map<string, Lease>
  /** Looks for listeners on ports that are under way. */
  checking: Map<string, Promise<void>>
  /** Where ports and addresses of services should lead. */
  traffic: Traffic
  /** The task's namespace as its leases say. */
  place(taskId: string): Namespace
}

/** Makes the parts and joins them, over the leases that are on disk. */
export async function openParts(options: NetworksOptions): Promise<Parts> {
  const { paths, log, prefix = [], proc = '/proc/self' } = options
  const { instance } = paths
  const leases = await openLeases(join(paths.state, 'networks'), instance, log)
  const ip = createIp(prefix)
  const servers = createNameServers({ prefix, folder: join(paths.run, 'dns') })
  const table = tableName(instance)
  const bridged = (): Network[] => leases.networks().filter(({ driver }) => driver === undefined)
  const render = (): string => renderTable(table, bridged().map(ruleNetwork), parts.traffic)
  const firewall = createFirewall({ prefix, file: join(paths.run, 'rules.nft'), table, render })
  const hostFirewall = createHostFirewall({ prefix, instance, log })
  // Until the first `publish` the ports lead where they did before this agent started.
  const traffic = await firewall.read()
  const parts: Parts = {
    paths,
    log,
    prefix,
    proc,
    ip,
    leases,
    servers,
    firewall,
    flows: createFlows({ prefix, file: join(paths.run, 'flows.conntrack'), log, traffic }),
    bridges: createBridges({
      prefix,
      seed: instance,
      ip,
      leases,
      log,
      made: () => Promise.all([firewall.apply(), hostFirewall.look()]).then(() => {}),
    }),
    namespaces: createNamespaces({ ip, proc }),
    cni: createCni({ prefix, folder: join(paths.run, 'cni'), log }),
    names: createNames({ ip, leases, servers, log }),
    observer: createObserver(prefix),
    arriving: new Map(),
    checking: new Map(),
    traffic,
    place: (taskId) => namespaceOf(leases, instance, { taskId, script: taskFiles(paths, taskId).script }),
  }
  return parts
}

function ruleNetwork(network: Network): RuleNetwork {
  const vips = Object.values(network.leases).flatMap((lease) => vipPairsOf(lease).map(([vip]) => vip))
  return { ...network, vips: [...new Set(vips)] }
}
