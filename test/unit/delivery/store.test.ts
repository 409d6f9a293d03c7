import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { externalConfigs } from '../../../controller/delivery/externals.ts'
import { openContentStore } from '../../../controller/delivery/store.ts'
import { packDigest } from '../../../schemas/pack.ts'
import { aLog } from '../../support/jobs.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const bytes = Buffer.from('bytes')
const digest = packDigest([bytes])

describe('the content that a controller keeps', () => {
  it('is there after a restart, byte for byte', async () => {
    await (await openContentStore({ folder, log: aLog() })).keep(digest, () => [
      bytes.subarray(0, 2),
      bytes.subarray(2),
    ])
    const again = await openContentStore({ folder, log: aLog() })
    expect(await again.read(digest)).toEqual(bytes)
    await again.keep(digest, () => expect.unreachable())
  })

  it('is not what was damaged on the disk: that is told, and kept anew when it comes again', async () => {
    const log = aLog()
    const store = await openContentStore({ folder, log })
    await store.keep(digest, () => [bytes])
    await writeFile(join(folder, digest), 'else')
    expect(await store.read(digest)).toBeUndefined()
    expect(log.lines).toEqual(['error Content on the disk of the controller is damaged'])
    await store.keep(digest, () => [bytes])
    expect(await store.read(digest)).toEqual(bytes)
  })

  it('goes when nothing uses it and nobody has asked for a while', async () => {
    let now = 0
    const store = await openContentStore({ folder, log: aLog(), grace: 1000, now: () => now })
    const other = packDigest([Buffer.from('other')])
    await store.keep(digest, () => [bytes])
    await store.keep(other, () => [Buffer.from('other')])
    await store.sweep(() => false)
    expect(await readdir(folder)).toHaveLength(2)
    now = 1000
    await store.sweep((used) => used === digest)
    expect(await readdir(folder)).toEqual([digest])
    expect(await store.read(other)).toBeUndefined()
  })

  it('clears away what a killed controller was writing', async () => {
    await writeFile(join(folder, `${digest}.tmp`), 'by')
    const store = await openContentStore({ folder, log: aLog() })
    expect(await store.read(digest)).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })
})

describe('external configs', () => {
  it('are the files of a folder, looked at again when asked', async () => {
    const configs = externalConfigs(join(folder, 'configs'), aLog())
    expect([await configs.look(), [...configs.externals()]]).toEqual([false, []])
    await mkdir(join(folder, 'configs'))
    await writeFile(join(folder, 'configs/fleet.conf'), 'one')
    expect([await configs.look(), [...configs.externals()]]).toEqual([
      true,
      [['fleet.conf', Buffer.from('one')]],
    ])
    expect(await configs.look()).toBe(false)
    await writeFile(join(folder, 'configs/fleet.conf'), 'two')
    expect([await configs.look(), [...configs.externals()]]).toEqual([
      true,
      [['fleet.conf', Buffer.from('two')]],
    ])
    await rm(join(folder, 'configs'), { recursive: true })
    expect([await configs.look(), [...configs.externals()]]).toEqual([true, []])
  })

  it('that are too large are told of and left out', async () => {
    const log = aLog()
    await writeFile(join(folder, 'large'), Buffer.alloc(1024 * 1024 + 1))
    const configs = externalConfigs(folder, log)
    await configs.look()
    expect(configs.externals().size).toBe(0)
    expect(log.lines).toEqual(['warn An external config cannot be read, or is over 1048576 bytes'])
  })
})
