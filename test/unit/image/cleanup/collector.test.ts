import { expect, it } from 'vitest'
import { createCollector } from '../../../../agent/image/cleanup/collector.ts'
import type { Ledger } from '../../../../agent/image/cleanup/ledger.ts'
import { quiet } from '../../task/parts.ts'

const IMAGES = ['one', 'two', 'three'].map((id) => ({ id, names: [`localhost/${id}:1`], digests: [] }))

it('keeps an image that is asked for while others are removed', async () => {
  const ours = Object.fromEntries(IMAGES.map(({ id, names }) => [id, { names, lastUsed: '2020-01-01' }]))
  let ledger: Ledger = { version: 1, ours, services: {} }
  const held = new Set<string>()
  const removed: string[] = []
  const collector = createCollector({
    buildah: (...args) => {
      removed.push(args.join(' '))
      held.add('two')
      return ['true']
    },
    storage: { list: async () => IMAGES, find: async () => undefined, root: async () => '/' },
    ledger: {
      read: () => ledger,
      change(step) {
        ledger = step(ledger)
      },
      saved: async () => {},
    },
    packages: '/no/such',
    held: async () => new Set(held),
    log: quiet,
    now: Date.now,
    ...{ maxAge: 1_000, diskHigh: 85, diskLow: 75 },
    usage: async () => 1,
  })
  expect(await collector.collect([])).toBe(2)
  expect(removed).toEqual(['rmi localhost/one:1', 'rmi localhost/three:1'])
})
