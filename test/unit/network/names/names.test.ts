import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Leases, openLeases } from '../../../../agent/network/addresses/leases.ts'
import type { Ip } from '../../../../agent/network/links/ip.ts'
import type { NameServer, NameServers } from '../../../../agent/network/names/name-servers.ts'
import { createNames, type Names } from '../../../../agent/network/names/names.ts'
import { createOneByOne } from '../../../../schemas/common/one-by-one.ts'
import type { Task } from '../../../../schemas/task.ts'
import { silent } from '../../../support/netns.ts'
import { aNetwork, aTask } from '../../../support/network-host.ts'

const BOTH = [aNetwork('a'), aNetwork('b')]
const OLD = aTask('old', 1, { networks: BOTH })
const FRESH = aTask('fresh', 1, { networks: BOTH })

let folder: string
let leases: Leases
let names: Names
/** What is set on the bridges. */
let addresses: Set<string>
/** What the servers that run listen on. */
let running: Map<string, string>
/** Servers have begun to stop, and do once they may. */
let stopping: PromiseWithResolvers<void>
let mayStop: PromiseWithResolvers<void>
/** What a look at servers that run waits for. */
let mayLook: Promise<void>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-names-'))
  leases = await openLeases(folder, 'x', silent)
  for (const [index, spec] of BOTH.entries()) leases.add(spec.name, spec, { subnet: `10.0.${index}.0/24` })
  addresses = new Set()
  running = new Map()
  stopping = Promise.withResolvers()
  mayStop = Promise.withResolvers()
  mayLook = Promise.resolve()
  names = createNames({ ip: fakeIp(), leases, servers: fakeServers(), log: silent })
  enter(OLD)
  await names.serve(OLD.id)
})

afterEach(async () => {
  names.close()
  await rm(folder, { recursive: true })
})

describe('the name server of two networks, whose last task leaves', () => {
  it('stops, and its address goes', async () => {
    mayStop.resolve()
    leases.release(OLD.id)
    await names.prune()
    expect([running.size, addresses.size]).toEqual([0, 0])
  })

  it('answers a task that comes while it stops, at an address that is set', async () => {
    leases.release(OLD.id)
    const pruned = names.prune()
    await stopping.promise
    enter(FRESH)
    const served = names.serve(FRESH.id)
    await Promise.all(leases.networks().map(leases.save)) // before an address is set
    mayStop.resolve()
    await pruned
    const address = await served
    expect([...running.values()]).toEqual([address])
    expect([...addresses]).toEqual([`${address}/24`])
  })

  it('goes on when a task comes before it is its turn to stop', async () => {
    const [address] = running.values()
    const look = Promise.withResolvers<void>()
    mayLook = look.promise
    const published = names.publish([])
    leases.release(OLD.id)
    const pruned = names.prune()
    await setImmediate() // by now it is found to be unwanted
    enter(FRESH)
    mayStop.resolve()
    look.resolve()
    await Promise.all([published, pruned])
    expect(await names.serve(FRESH.id)).toBe(address)
    expect([...running.values()]).toEqual([address])
    expect([...addresses]).toEqual([`${address}/24`])
  })
})

it('an address of a name server that somebody took away is set again', async () => {
  const before = [...addresses]
  addresses.clear()
  await names.publish([])
  expect([...addresses]).toEqual(before)
})

function enter(task: Task): void {
  for (const network of leases.networks()) leases.lease(network, task, { device: network.name, order: 0 })
}

function fakeIp(): Ip {
  return {
    async run(lines) {
      for (const line of lines) {
        const [, verb, address = ''] = line.split(' ')
        if (verb === 'del') addresses.delete(address)
        else addresses.add(address)
      }
      return []
    },
    forget() {},
    async close() {},
  }
}

function fakeServers(): NameServers {
  const inTurn = createOneByOne()
  const run = ({ key, address }: NameServer) => inTurn(key, async () => void running.set(key, address))
  return {
    ensure: (server) => inTurn(server.key, () => mayLook).then(() => run(server)),
    answer: run,
    stop: (key) =>
      inTurn(key, async () => {
        stopping.resolve()
        await mayStop.promise
        running.delete(key)
      }),
    list: async () => [...running.keys()],
  }
}
