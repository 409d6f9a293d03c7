import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Leases, type Network, openLeases } from '../../../../agent/network/addresses/leases.ts'
import type { Task } from '../../../../schemas/task.ts'
import { aContainer } from '../../../support/builders.ts'
import { silent } from '../../../support/netns.ts'

const SUBNET = { subnet: '10.0.0.0/28' }
const ASKED = { device: 'eth0', order: 0 }
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-leases-'))
})

afterEach(() => rm(folder, { recursive: true }))

describe('leases', () => {
  it('never give two tasks one address, whoever comes and goes, over restarts', async () => {
    const command = fc.oneof(
      fc.record({ verb: fc.constantFrom('lease', 'release'), task: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ verb: fc.constant('reopen'), task: fc.constant(0) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        await rm(folder, { recursive: true })
        let { leases, network } = await open()
        const held = new Map<number, string>()
        for (const { verb, task } of commands) {
          if (verb === 'lease') {
            const { address = '' } = leases.lease(network, aTask(task), ASKED)
            expect([undefined, address]).toContain(held.get(task))
            held.set(task, address)
          }
          if (verb === 'release') {
            leases.release(`t${task}`)
            held.delete(task)
          }
          await leases.save(network)
          if (verb === 'reopen') ({ leases, network } = await open())
          expect(new Set(held.values()).size).toBe(held.size)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('say that a subnet is full', async () => {
    const { leases, network } = await open()
    for (let n = 1; n <= 13; n++) leases.lease(network, aTask(n), ASKED)
    expect(() => leases.lease(network, aTask(14), ASKED)).toThrow(/no free address in 10\.0\.0\.0\/28/)
  })

  it('give the tasks of a service with a virtual IP the same one, until the last has gone', async () => {
    const { leases, network } = await open()
    const vips = (): (string | undefined)[] => Object.values(network.leases).map(({ vip }) => vip)
    const shared = (n: number): Task => ({ ...aTask(n), container: aContainer({ endpointMode: 'vip' }) })
    for (const n of [1, 2]) leases.lease(network, shared(n), ASKED)
    const [vip] = vips()
    expect(vips()).toEqual([vip, vip])
    leases.release('t1')
    const { address } = leases.lease(network, shared(3), ASKED)
    expect(vips()).toEqual([vip, vip])
    expect(leases.lease(network, { ...aTask(4), service: 'db' }, ASKED).address).not.toBe(vip)
    expect(address).not.toBe(vip)
    expect(Object.values(network.leases)[2]).toMatchObject({ names: ['db'], slot: 4 })
  })

  it('set a file aside that cannot be read', async () => {
    await writeFile(join(folder, 'bad.json'), '{"key":')
    expect((await openLeases(folder, '01234567', silent)).networks()).toEqual([])
    expect(await readdir(folder)).toEqual(['bad.json.unreadable'])
  })

  it('leave no file of a network that was dropped while it was saved', async () => {
    const { leases, network } = await open()
    await Promise.all([leases.save(network), leases.save(network), leases.drop(network)])
    expect(await readdir(folder)).toEqual([])
  })
})

async function open(): Promise<{ leases: Leases; network: Network }> {
  const leases = await openLeases(folder, '01234567', silent)
  const network = leases.find('k') ?? leases.add('k', { name: 'n', internal: false, external: false }, SUBNET)
  return { leases, network }
}

function aTask(n: number): Task {
  return {
    ...{ id: `t${n}`, stack: 's', service: 'web', slot: n, host: 'h', revision: 'r', fingerprint: 'f' },
    ...{ container: aContainer(), networks: [], volumes: [] },
  }
}
