import { createOneByOne } from '../../../schemas/common/one-by-one.ts'
import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import { coalesce } from '../../coalesce.ts'
import type { Leases } from '../addresses/leases.ts'
import type { Ip } from '../links/ip.ts'
import { nameServer, type ServerPlan, serverPlan, serverPlans } from '../links/links.ts'
import type { Endpoint } from '../networks.ts'
import { type Answers, hostsOf, zonesOf } from './answers.ts'
import type { NameServer, NameServers } from './name-servers.ts'
import { dropServerAddress, setServerAddress } from './server-addresses.ts'

/** The names that tasks see, kept in step with who is in which networks. */
export interface Names {
  /** The address of the task's name server, which then runs; undefined for a task without a network. */
  serve(taskId: string): Promise<string | undefined>
  /** Makes every name server answer for exactly these tasks. */
  publish(endpoints: Endpoint[]): Promise<void>
  /** Stops the servers whose networks no task is in any more. */
  prune(): Promise<void>
  /** Looks at every server again: starts what died, sets its address. */
  renew(): Promise<void>
  close(): void
}

interface NamesOptions {
  ip: Ip
  leases: Leases
  servers: NameServers
  log: Log
}

/** How often a name server that died is noticed. */
const WATCH = 5_000

/** Names by the servers given; looks at them every few seconds until it is closed. */
export function createNames({ ip, leases, servers, log }: NamesOptions): Names {
  /** Until the first `publish` the servers answer what they did before this agent started. */
  let current: Endpoint[] | undefined
  const known = new Map<string, NameServer>()
  const timer = setInterval(watch, WATCH).unref()

  /** A server that is on its way out is gone, with its address, before the next of its key begins. */
  const inTurn = createOneByOne()

  const start = (plan: ServerPlan): Promise<NameServer | undefined> => inTurn(plan.key, () => begin(plan))

  async function begin(plan: ServerPlan): Promise<NameServer | undefined> {
    const server = known.get(plan.key) ?? nameServer(plan, leases)
    if (!server) return undefined
    await setAddress(plan, server)
    if (known.has(plan.key)) await servers.ensure(server)
    else await servers.answer(server, answersOf(plan, server))
    known.set(plan.key, server)
    return server
  }

  /** Unless a task has come meanwhile that needs it. */
  async function drop(key: string): Promise<void> {
    if (serverPlans(leases.networks()).has(key)) return
    known.delete(key)
    await servers.stop(key)
    await dropServerAddress(key, { ip, leases })
  }

  async function setAddress({ networks: [first] }: ServerPlan, { address }: NameServer): Promise<void> {
    const said = first ? await setServerAddress(first, address, { ip, leases }) : []
    if (said.length > 0) log.warn({ said, address }, 'A name server has no address')
  }

  /** Until something is published the servers give the answers that they gave; there may be more for them to answer by now. */
  function answersOf({ networks }: ServerPlan, { upstream }: NameServer): Answers {
    // Two networks of one name are one to their tasks: the one before and after a change of its settings.
    const names = new Set(networks.map(({ name }) => name))
    const all = leases.networks().filter(({ name }) => names.has(name))
    return { ...(current && { hosts: hostsOf(all, current) }), zones: zonesOf({ networks: all, upstream }) }
  }

  async function answerAll(): Promise<void> {
    await Promise.all(
      [...serverPlans(leases.networks()).values()].map(async (plan) => {
        const server = known.get(plan.key)
        if (server) await servers.answer(server, answersOf(plan, server))
      }),
    )
  }

  /** Many tasks come at once, and each has names. */
  const answerSoon = coalesce(answerAll)

  const startAll = async (): Promise<void> => {
    await Promise.all([...serverPlans(leases.networks()).values()].map(start))
  }

  function watch(): void {
    startAll().catch((error) => log.error({ problem: messageOf(error) }, 'A name server is down'))
  }

  return {
    async serve(taskId) {
      const plan = serverPlan(leases.of(taskId))
      const server = known.get(plan.key) ?? (await start(plan))
      if (server) await answerSoon()
      return server?.address
    },
    async publish(endpoints) {
      current = endpoints
      await startAll()
      await answerAll()
    },
    async prune() {
      const there = await servers.list()
      const wanted = serverPlans(leases.networks())
      const unwanted = there.filter((key) => !wanted.has(key))
      await Promise.all(unwanted.map((key) => inTurn(key, () => drop(key))))
    },
    async renew() {
      known.clear()
      await startAll()
    },
    close: () => clearInterval(timer),
  }
}
