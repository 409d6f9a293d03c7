import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Leases, type Network, openLeases } from '../../../../agent/network/addresses/leases.ts'
import { type Bridges, createBridges } from '../../../../agent/network/links/bridges.ts'
import { networkKey } from '../../../../schemas/network.ts'
import { silent } from '../../../support/netns.ts'
import { aNetwork, aTask } from '../../../support/network-host.ts'

const SPEC = aNetwork('shop_default')
const OLD = aTask('old', 1)
const FRESH = aTask('fresh', 1)
const PLACE = { device: 'eth0', order: 0 }

let folder: string
let leases: Leases
let network: Network
let bridges: Bridges
/** What `ip` was told; it answers once it may. */
let lines: string[]
let mayAnswer: PromiseWithResolvers<void>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-bridges-'))
  leases = await openLeases(folder, 'x', silent)
  network = leases.add(networkKey(SPEC), SPEC, { subnet: '10.0.0.0/24' })
  leases.lease(network, OLD, PLACE)
  lines = []
  mayAnswer = Promise.withResolvers()
  const ip = {
    async run(more: string[]) {
      lines.push(...more)
      await mayAnswer.promise
      return ['it does not want to'] // nothing is to be set on this host
    },
    forget() {},
    async close() {},
  }
  bridges = createBridges({ prefix: [], seed: 'x', ip, leases, log: silent, made: async () => {} })
})

afterEach(() => rm(folder, { recursive: true }))

it('a network whose last task leaves while its bridge is made stays for one that joins then', async () => {
  const made = bridges.up(network).catch(() => {})
  leases.release(OLD.id)
  const left = bridges.down(network)
  leases.lease(await bridges.open(SPEC), FRESH, PLACE)
  mayAnswer.resolve()
  await Promise.all([made, left])
  expect(leases.of(FRESH.id)).toEqual([{ network, lease: expect.anything() }])
  expect(removals()).toEqual([])
})

it('a network goes once, however often it is told to, and is made no more', async () => {
  mayAnswer.resolve()
  leases.release(OLD.id)
  await Promise.all([bridges.down(network), bridges.down(network)])
  await bridges.up(network)
  expect(leases.networks()).toEqual([])
  expect(lines).toEqual(removals())
  expect(lines).toHaveLength(1)
})

it('a network that comes again while the one before goes is there in the end', async () => {
  leases.release(OLD.id)
  const left = bridges.down(network)
  await expect.poll(removals).toHaveLength(1)
  const again = leases.add(network.key, SPEC, { subnet: '10.0.1.0/24' })
  leases.lease(again, FRESH, PLACE)
  const made = bridges.up(again).catch(() => {})
  const late = bridges.down(network)
  mayAnswer.resolve()
  await Promise.all([left, made, late])
  expect(leases.networks()).toEqual([again])
  expect(removals()).toHaveLength(1)
  expect(lines.findLastIndex((line) => line.startsWith('link add'))).toBeGreaterThan(
    lines.findLastIndex((line) => line.startsWith('link del')),
  )
})

function removals(): string[] {
  return lines.filter((line) => line.startsWith('link del'))
}
