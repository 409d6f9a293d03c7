import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { ResolvedMount } from '../../../../agent/runtime/runtime.ts'
import type { Prepared } from '../../../../agent/task/entry.ts'
import { factsOf } from '../../../../agent/task/run/facts.ts'
import { aTask, removeTemporary, temporaryState } from '../parts.ts'

afterEach(removeTemporary)

it('names mounts as the kernel will: links of the root followed, and none of them out of it', async () => {
  const rootfs = temporaryState()
  mkdirSync(join(rootfs, 'var'))
  symlinkSync('/run', join(rootfs, 'var/run'))
  symlinkSync('../../../../srv', join(rootfs, 'away'))
  const mounts = ['/var/run/x', '/away/y', '/plain'].map((target) => ({ ...aMount, target }))
  expect(await mountsOf(rootfs, mounts)).toEqual(['/plain=/no/such', '/run/x=/no/such', '/srv/y=/no/such'])
})

it('names a mount below another one as the kernel will: links in what is mounted there are followed, too', async () => {
  const [rootfs, data] = [temporaryState(), temporaryState()]
  mkdirSync(join(rootfs, 'data'))
  symlinkSync('/srv', join(rootfs, 'data/hidden'))
  mkdirSync(join(data, 'r1'))
  symlinkSync('r1', join(data, 'current'))
  symlinkSync('/data/current/deep', join(data, 'far'))
  const mounts = ['/data/far/a', '/data/current/b', '/data/hidden/c'].map((target) => ({ ...aMount, target }))
  const below = [...mounts, { ...aMount, target: '/data', source: data }]
  expect(await mountsOf(rootfs, below)).toEqual([
    '/data/hidden/c=/no/such',
    '/data/r1/b=/no/such',
    '/data/r1/deep/a=/no/such',
    `/data=${data}`,
  ])
})

async function mountsOf(rootfs: string, mounts: ResolvedMount[]): Promise<string[]> {
  const prepared = { image: { id: 'i', root: '/i', reference: 'i', config: {} }, rootfs, mounts }
  const task = aTask({ container: { mounts: mounts.map((mount) => ({ ...mount, type: 'bind' as const })) } })
  const facts = await factsOf(task, { ...prepared, netns: null, healthcheck: null } as Prepared, {
    argv: ['/app'],
    addresses: [],
  })
  return facts.mounts
}

const aMount: ResolvedMount = { type: 'bind', source: '/no/such', target: '', readOnly: false }
