import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createNetworks } from '../../agent/network/create.ts'
import type { Endpoint, Networks } from '../../agent/network/networks.ts'
import { agentPaths } from '../../agent/paths.ts'
import type { Task } from '../../schemas/task.ts'
import { aContainer } from '../support/builders.ts'
import { type NetnsHost, netnsHost, silent } from '../support/netns.ts'
import { type Measured, median } from './measure.ts'

const SERVICES = 10
const SLOTS = 10
const ROUNDS = 11
const SERVER = '10.210.0.1'

/** Names and ports of 100 tasks that all begin to serve, or cease to, at once. */
export async function benchPublish(): Promise<Measured[]> {
  const host = await netnsHost()
  const paths = agentPaths(join(host.folder, 'state'), join(host.folder, 'run'))
  const networks = await createNetworks({ paths, log: silent, prefix: host.prefix, proc: host.proc })
  try {
    const endpoints = await Promise.all(
      tasks().map(async (task): Promise<Endpoint> => {
        await mkdir(paths.task(task.id), { recursive: true })
        return { task, ...(await networks.attach(task)) }
      }),
    )
    const [serve, cease] = [[] as number[], [] as number[]]
    for (let round = 0; round < ROUNDS; round++) {
      serve.push(await settle(host, networks, endpoints))
      cease.push(await settle(host, networks, []))
    }
    return [
      row('names and ports of 100 tasks that begin to serve at once', serve),
      row('the same of 100 that cease to', cease),
    ]
  } finally {
    await networks.removeAll()
    await networks.close()
    await host.close()
  }
}

function row(name: string, values: number[]): Measured {
  const note = `median of ${ROUNDS}, the slowest ${Math.max(...values).toFixed(0)} ms`
  return { name, value: median(values), unit: 'ms', limit: 500, note }
}

/** Milliseconds until the kernel has the ports, and who asks is told so of the first and the last service. */
async function settle(host: NetnsHost, networks: Networks, endpoints: Endpoint[]): Promise<number> {
  const begun = performance.now()
  await networks.publish(endpoints)
  const wanted = endpoints.length / SERVICES
  for (const service of ['s0', `s${SERVICES - 1}`]) {
    while ((await answers(host, service)) !== wanted);
  }
  const took = performance.now() - begun
  const ports = await networks.forwardings()
  if (ports.size !== endpoints.length)
    throw new Error(`${ports.size} tasks have ports, not ${endpoints.length}`)
  return took
}

async function answers(host: NetnsHost, name: string): Promise<number> {
  const said = await host.run('busybox', 'nslookup', '-type=a', name, SERVER).catch(() => '')
  return (
    said
      .split('\n\n')
      .slice(1)
      .join('\n')
      .match(/Address: /g)?.length ?? 0
  )
}

function tasks(): Task[] {
  return Array.from({ length: SERVICES * SLOTS }, (_, index) => {
    const service = `s${index % SERVICES}`
    const slot = Math.floor(index / SERVICES) + 1
    const port = { published: 8000 + (index % SERVICES), target: 80, protocol: 'tcp' as const }
    return {
      ...{ id: `bench-${service}-${slot}`, stack: 'bench', service, slot, host: 'here' },
      ...{ revision: 'r', fingerprint: 'f', volumes: [] },
      networks: [{ name: 'bench_default', internal: false, external: false }],
      container: aContainer({
        networks: [{ network: 'bench_default', aliases: [`${service}.example.test`] }],
        ports: [port, { ...port, published: 0, target: 53, protocol: 'udp' }],
      }),
    }
  })
}
