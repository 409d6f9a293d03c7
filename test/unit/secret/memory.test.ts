import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createMemory } from '../../../agent/secret/memory.ts'
import { silent } from '../../support/netns.ts'

it('a full memory of secrets says which it is and what it holds, not that the disk is full', async () => {
  const root = await mkdtemp(join(tmpdir(), 'setpoint-secrets-'))
  const file = join(root, '0')
  await symlink('/dev/full', `${file}.tmp`)
  const owner = { uid: 0, gid: 0, mode: 0o400 }
  const written = createMemory(root, silent).write(file, async () => Buffer.from('secret'), owner)
  await expect(written).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: `The memory for secrets is full: all tasks of this host together have 64 MiB, at ${root}.`,
    hint: expect.stringContaining(`du -sh ${root}/*`),
  })
  await rm(root, { recursive: true })
})
