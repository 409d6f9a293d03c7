import { afterEach, expect, it } from 'vitest'
import { createNetworks } from '../../agent/network/create.ts'
import type { Networks } from '../../agent/network/networks.ts'
import type { Log } from '../../schemas/log.ts'
import { NEIGHBOUR_ADDRESS } from '../support/netns.ts'
import { aTask, host, inside, journaled, networks, paths, useNetworkHost } from '../support/network-host.ts'

useNetworkHost()
let own: Networks | undefined
afterEach(() => own?.close())

it('of the host that drops what is forwarded is told of, with a way that opens it', async () => {
  const hook = '{ type filter hook forward priority 0; policy drop; }'
  await host.run('nft', `add table ip filter; add chain ip filter FORWARD ${hook}`)
  await networks.close()
  const warnings: { chain?: unknown; remedy?: string[] }[] = []
  const log: Log = { debug() {}, info() {}, error() {}, warn: (fields) => void warnings.push(fields) }
  own = await createNetworks({ paths, log, prefix: host.prefix, proc: host.proc })
  const { netns } = await own.attach(await journaled(aTask('web', 1)))
  const ping = ['ping', '-c', '1', '-W', '1', NEIGHBOUR_ADDRESS]
  await expect(inside(netns, 'busybox', ...ping)).rejects.toThrow()

  const told = warnings.filter(({ chain }) => chain === 'ip filter FORWARD')
  expect(told).toHaveLength(1)
  for (const command of told[0]?.remedy ?? []) await host.run('nft', command.replace(/^nft /, ''))
  expect(await inside(netns, 'busybox', ...ping)).toContain('1 packets received')
})
