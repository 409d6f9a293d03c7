import { describe, expect, it } from 'vitest'
import type { Source } from '../../controller/git/source.ts'
import { MAX_FILE_BYTES } from '../../schemas/source.ts'
import { type Files, texts } from '../unit/git/repositories.ts'

/** A place that a source can be opened on, and what happens to it. */
export interface SourcePlace {
  /** Opens a source on the place, or on a folder in it. Closed after the test. */
  open(directory?: string): Source
  /** Makes it have these files on top of those it has. */
  change(files: Files): Promise<void> | void
  remove(path: string): Promise<void> | void
  /** Takes the whole place away, and brings it back as it was. */
  vanish(): Promise<void> | void
  comeBack(): Promise<void> | void
}

export interface SourceKind {
  /** A place with the files given. */
  make(files: Files): Promise<SourcePlace>
  /** A change is noticed without polling. */
  noticesChanges: boolean
}

/** What every source does, whatever it comes from. */
export function describeSource(name: string, { make, noticesChanges }: SourceKind): void {
  describe(name, () => {
    it('gives the same revision while nothing changes', async () => {
      const source = (await make({ 'a.txt': 'a' })).open()
      expect(await source.latest()).toBe(await source.latest())
    })

    it('gives another revision after a change, and the files as they then are', async () => {
      const place = await make({ 'a.txt': 'a', 'web/compose.yaml': 'old' })
      const source = place.open()
      const before = await source.latest()
      await place.change({ 'web/compose.yaml': 'new', 'b.txt': 'b' })
      await place.remove('a.txt')
      const after = await source.latest()
      expect(after).not.toBe(before)
      const tree = await source.read(after)
      expect(tree.revision).toBe(after)
      expect(texts(tree)).toEqual({ 'b.txt': 'b', 'web/compose.yaml': 'new' })
    })

    it('can still read the revision before the last change', async () => {
      const place = await make({ 'a.txt': 'old' })
      const source = place.open()
      const before = await source.latest()
      await place.change({ 'a.txt': 'new' })
      await source.latest()
      expect(texts(await source.read(before))).toEqual({ 'a.txt': 'old' })
    })

    it('tells files, executables and symlinks apart and gives the bytes as they are', async () => {
      const bytes = Buffer.from([0, 255, 10, 13, 0, 200])
      const place = await make({
        plain: bytes,
        run: { executable: '#!/bin/sh\n' },
        link: { target: 'plain' },
      })
      const source = place.open()
      const { files } = await source.read(await source.latest())
      expect(files.get('plain')).toMatchObject({ path: 'plain', kind: 'file', size: 6, content: bytes })
      expect(files.get('run')).toMatchObject({ kind: 'executable' })
      expect(files.get('link')).toMatchObject({ kind: 'symlink', content: Buffer.from('plain') })
    })

    it('never follows a symlink, neither to a file nor to a folder', async () => {
      const place = await make({
        'a/passwd': { target: '/etc/passwd' },
        'a/etc': { target: '/etc' },
        'a/b': 'b',
      })
      const source = place.open()
      const tree = await source.read(await source.latest())
      expect(texts(tree)).toEqual({ 'a/passwd': '/etc/passwd', 'a/etc': '/etc', 'a/b': 'b' })
    })

    it('names contents by hash: the same for the same bytes, another for others', async () => {
      const place = await make({ a: 'same', b: 'same', c: 'other' })
      const source = place.open()
      const { files } = await source.read(await source.latest())
      expect(files.get('a')?.hash).toBe(files.get('b')?.hash)
      expect(files.get('a')?.hash).not.toBe(files.get('c')?.hash)
    })

    it('lists a file over the limit without its content', async () => {
      const place = await make({ small: 's', huge: Buffer.alloc(MAX_FILE_BYTES + 1, 'x'), full: 'y' })
      const source = place.open()
      const { files } = await source.read(await source.latest())
      expect(files.get('huge')).toMatchObject({ size: MAX_FILE_BYTES + 1, content: null })
      expect(files.get('small')?.content?.toString()).toBe('s')
      expect(files.get('full')?.content?.toString()).toBe('y')
    })

    it('gives the empty file as an empty file', async () => {
      const source = (await make({ empty: '', full: 'x' })).open()
      const { files } = await source.read(await source.latest())
      expect(files.get('empty')).toMatchObject({ size: 0, content: Buffer.alloc(0) })
    })

    it('has paths with spaces, quotes, umlauts and line breaks as they are', async () => {
      const files = { 'a b/c"d.txt': '1', 'ü/ß.txt': '2', 'line\nbreak': '3' }
      const source = (await make(files)).open()
      expect(texts(await source.read(await source.latest()))).toEqual(files)
    })

    it('gives a folder of it, with paths from there', async () => {
      const place = await make({
        'hosts/alpha/a.txt': 'a',
        'hosts/alpha/b/c.txt': 'c',
        'hosts/alphabet/x': 'x',
        top: 't',
      })
      const source = place.open('hosts/alpha')
      expect(texts(await source.read(await source.latest()))).toEqual({ 'a.txt': 'a', 'b/c.txt': 'c' })
    })

    it.each(['hosts/beta', 'top', 'link'])(
      'has an error, not an empty tree, for the folder %s',
      async (directory) => {
        const place = await make({ 'hosts/alpha/a.txt': 'a', top: 't', link: { target: 'hosts' } })
        const source = place.open(directory)
        const reading = source.latest().then((revision) => source.read(revision))
        await expect(reading).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
      },
    )

    it('is unreachable while the place is gone, and reads on when it is back', async () => {
      const place = await make({ 'a.txt': 'a' })
      const source = place.open()
      const before = await source.latest()
      await place.vanish()
      await expect(source.latest()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
      await place.comeBack()
      expect(await source.latest()).toBe(before)
      await place.change({ 'a.txt': 'b' })
      expect(texts(await source.read(await source.latest()))).toEqual({ 'a.txt': 'b' })
    })

    it('refuses a revision that it never had', async () => {
      const source = (await make({ 'a.txt': 'a' })).open()
      await source.latest()
      await expect(source.read('f'.repeat(40))).rejects.toMatchObject({ name: 'SetpointError' })
      await expect(source.read('--help')).rejects.toMatchObject({ name: 'SetpointError' })
    })

    it('answers many callers at once', async () => {
      const source = (await make({ 'a.txt': 'a' })).open()
      const revisions = await Promise.all(Array.from({ length: 20 }, () => source.latest()))
      expect(new Set(revisions).size).toBe(1)
      const trees = await Promise.all(revisions.map((revision) => source.read(revision)))
      expect(trees.map(texts)).toEqual(trees.map(() => ({ 'a.txt': 'a' })))
    })

    it('can be closed twice', async () => {
      const source = (await make({ 'a.txt': 'a' })).open()
      await source.close()
      await source.close()
    })

    it.runIf(noticesChanges)('wakes after a change, and again after the next', async () => {
      const place = await make({ 'a.txt': 'a' })
      const source = place.open()
      const wakes = listen()
      await source.watch(wakes.wake)
      for (const content of ['b', 'c', 'd']) {
        const before = await source.latest()
        wakes.forget()
        await place.change({ 'a.txt': content })
        await wakes.until(async () => (await source.latest()) !== before)
      }
    })

    it.runIf(noticesChanges)(
      'wakes after a change of a place that had vanished and was seen again',
      async () => {
        const place = await make({ 'a.txt': 'a' })
        const source = place.open()
        const wakes = listen()
        await source.watch(wakes.wake)
        await place.vanish()
        await expect(source.latest()).rejects.toThrow()
        await place.comeBack()
        const before = await source.latest()
        await place.change({ 'a.txt': 'b' })
        await wakes.until(async () => (await source.latest()) !== before)
      },
    )
  })
}

function listen() {
  let woken = Promise.withResolvers<void>()
  return {
    wake: () => woken.resolve(),
    /** Wakes from before this do not count. */
    forget() {
      woken = Promise.withResolvers<void>()
    },
    /** Asks after each wake; the test's timeout ends it when none comes. */
    async until(condition: () => Promise<boolean>): Promise<void> {
      do {
        await woken.promise
        woken = Promise.withResolvers<void>()
      } while (!(await condition()))
    },
  }
}
