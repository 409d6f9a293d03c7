import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lookAt } from '../../../agent/runtime/look.ts'
import { mountSilent } from '../../support/silent-mount.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-look-'))
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'file'), '')
  await symlink('data', join(folder, 'to-folder'))
  await symlink('file', join(folder, 'to-file'))
  await symlink('nowhere', join(folder, 'dangling'))
  await symlink('loop', join(folder, 'loop'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a path of the host', () => {
  it.each([
    ['data', 'data', true],
    ['to-folder', 'data', true],
    ['file', 'file', false],
    ['to-file', 'file', false],
  ])('%s is %s', async (name, real, isFolder) => {
    expect(await lookAt(join(folder, name))).toEqual({ real: join(folder, real), isFolder })
  })

  it.each(['nowhere', 'dangling', 'file/below', 'data/no/thing'])('%s is not there', async (name) => {
    expect(await lookAt(join(folder, name))).toBeUndefined()
  })

  it('that cannot be looked at is no path that is missing', async () => {
    await expect(lookAt(join(folder, 'loop'))).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: `${folder}/loop cannot be looked at: Too many levels of symbolic links.`,
    })
  })
})

it('on a file system that does not answer is given up, and holds no thread of the agent', async () => {
  const place = join(folder, 'data')
  const server = await mountSilent(place, { script: join(folder, 'server.pl') })
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    const paths = ['a', 'b', 'c', 'd', 'e', 'e'].map((name) => join(place, name))
    const looks = Promise.allSettled(paths.map(lookAt))
    vi.advanceTimersByTime(10_000)
    for (const { reason } of (await looks) as PromiseRejectedResult[])
      expect(reason).toMatchObject({
        code: 'MOUNT_FAILED',
        message: expect.stringContaining('does not answer'),
      })
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('')
  } finally {
    vi.useRealTimers()
    await server.close()
    spawnSync('umount', ['--lazy', place])
  }
})
