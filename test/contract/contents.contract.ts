import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Contents } from '../../agent/content/contents.ts'
import type { ContentMount } from '../../schemas/content.ts'
import { mayPass } from '../../schemas/error.ts'
import { type PackEntry, packChunks, packDigest, packEntries } from '../../schemas/pack.ts'
import { aContainer } from '../support/builders.ts'
import { aTask } from '../support/jobs.ts'

export interface ContentsPlace {
  contents: Contents
  /** Makes a pack known under its digest, as a controller does. */
  deliver(digest: string, bytes: Buffer): void
}

export const aFile = (path: string, text: string, kind: PackEntry['kind'] = 'file'): PackEntry => ({
  ...{ path, kind, content: Buffer.from(text) },
})

export function aPack(...entries: PackEntry[]): { digest: string; bytes: Buffer } {
  const bytes = Buffer.concat([...packChunks(packEntries(entries))])
  return { digest: packDigest([bytes]), bytes }
}

export function mounting(...mounts: (Partial<ContentMount> & { digest: string })[]) {
  const contents = mounts.map((mount) => ({ kind: 'bind' as const, target: '/conf', ...mount }))
  return aTask('t', { container: aContainer({ contents }) })
}

/** What every host does with what its tasks mount of the repository. */
export function describeContents(name: string, make: () => Promise<ContentsPlace>): void {
  describe(name, () => {
    it('finds where each content of a task is, read-only, in the order of the task', async () => {
      const { contents, deliver } = await make()
      const [one, two] = [aPack(aFile('a', 'one')), aPack(aFile('', 'two'))]
      for (const { digest, bytes } of [one, two]) deliver(digest, bytes)
      const mounts = await contents.resolve(
        mounting({ digest: one.digest }, { digest: two.digest, target: '/two' }),
      )
      expect(mounts).toMatchObject([
        { type: 'bind', target: '/conf', readOnly: true },
        { type: 'bind', target: '/two', readOnly: true },
      ])
      expect(await readFile(join(mounts[0]?.source ?? '', 'a'), 'utf8')).toBe('one')
      expect(await readFile(mounts[1]?.source ?? '', 'utf8')).toBe('two')
    })

    it('gives a config the owner and the mode that its service asks for, and Docker’s where it does not', async () => {
      const { contents, deliver } = await make()
      const { digest, bytes } = aPack(aFile('', 'text'))
      deliver(digest, bytes)
      const config = { kind: 'config' as const, digest }
      const mounts = await contents.resolve(mounting(config, { ...config, uid: 101, gid: 102, mode: 0o440 }))
      const owners = await Promise.all(mounts.map(({ source }) => stat(source)))
      expect(owners.map(({ uid, gid, mode }) => [uid, gid, mode & 0o7777])).toEqual([
        [0, 0, 0o444],
        [101, 102, 0o440],
      ])
    })

    it('leaves secrets to others', async () => {
      const { contents } = await make()
      expect(await contents.resolve(mounting({ kind: 'secret', digest: '0'.repeat(64) }))).toEqual([])
    })

    it('says that it is missing, as something that is worth another try', async () => {
      const { contents, deliver } = await make()
      const { digest, bytes } = aPack(aFile('a', 'late'))
      await expect(contents.resolve(mounting({ digest }))).rejects.toMatchObject({ code: 'CONTENT_MISSING' })
      expect(mayPass('CONTENT_MISSING')).toBe(true)
      deliver(digest, bytes)
      expect(await contents.resolve(mounting({ digest }))).toHaveLength(1)
    })

    it('takes nothing that has another digest, and nothing that is no pack', async () => {
      const { contents, deliver } = await make()
      const { digest, bytes } = aPack(aFile('a', 'right'))
      deliver(digest, aPack(aFile('a', 'wrong')).bytes)
      await expect(contents.resolve(mounting({ digest }))).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
      const hostile = Buffer.from('setpoint pack 1\nf 1 4\n../a\nx\n')
      deliver(packDigest([hostile]), hostile)
      await expect(contents.resolve(mounting({ digest: packDigest([hostile]) }))).rejects.toMatchObject({
        code: 'CONTENT_INVALID',
        message: expect.stringContaining('"../a" is no plain path'),
      })
      deliver(digest, bytes)
      expect(await contents.resolve(mounting({ digest }))).toHaveLength(1)
    })
  })
}
