import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCopies } from '../../agent/content/copies.ts'
import { hostKey } from '../../agent/host-key.ts'
import { agentPaths } from '../../agent/paths.ts'
import { createSealedStore } from '../../agent/secret/sealed.ts'
import { newEntry } from '../../agent/task/entry.ts'
import { createJournal, type Journal } from '../../agent/task/journal/journal.ts'
import { type DiskImage, makeDisk } from '../support/disk-image.ts'
import { aLog } from '../support/jobs.ts'
import { aTask } from './task/parts.ts'

let disk: DiskImage
beforeAll(async () => {
  disk = await makeDisk()
})
afterAll(() => disk.close())

const journalIn = (root: string): Journal =>
  createJournal({ paths: agentPaths(root, join(root, 'run')), log: aLog() })
const load = (root: string) => journalIn(root).load()

describe('a power cut in the moment after', () => {
  it('takes what nobody has forced to the disk', async () => {
    await writeFile(join(disk.root, 'lost'), 'x')
    await expect(disk.afterCut((root) => readFile(join(root, 'lost')))).rejects.toThrow('ENOENT')
  })

  it('leaves a task that was accepted, and what was decided about it', async () => {
    const entry = newEntry(aTask({ id: 't1' }), null, 0)
    const journal = journalIn(disk.root)
    await journal.save(entry, { durable: true })
    expect(await disk.afterCut(load)).toEqual([entry])
    const removed = { ...entry, wanted: 'removed' as const }
    await journal.save(removed, { durable: true })
    expect(await disk.afterCut(load)).toEqual([removed])
  })

  it('leaves content that was made, and a sealed secret', async () => {
    const digest = 'a'.repeat(64)
    const file = { path: 'file', kind: 'file' as const, content: Buffer.from('text') }
    await createCopies(join(disk.root, 'content'), aLog()).make(digest, [file])
    const found = (root: string) => createCopies(join(root, 'content'), aLog()).find(digest)
    const read = async (root: string) => readFile(join((await found(root)) ?? '', 'file'), 'utf8')
    expect(await disk.afterCut(read)).toBe('text')
    await createSealedStore(join(disk.root, 'sealed')).write(digest, Buffer.from('sealed'))
    const sealed = (root: string) => createSealedStore(join(root, 'sealed')).read(digest)
    expect(String(await disk.afterCut(sealed))).toBe('sealed')
  })

  it('leaves the key of the host', async () => {
    await mkdir(join(disk.root, 'state'))
    const key = (root: string) => hostKey(join(root, 'state'), aLog())
    const made = await key(disk.root)
    expect(await disk.afterCut(key)).toEqual(made)
  })
})
