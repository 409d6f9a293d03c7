import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openSources } from '../../../../controller/git/open.ts'
import type { Source } from '../../../../controller/git/source.ts'
import { MAX_FILE_BYTES, MAX_TREE_BYTES } from '../../../../schemas/source.ts'
import { type Files, sourceOptions, tempFolder, testLog, texts, writeFiles } from '../repositories.ts'

const opened: Source[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((source) => source.close()))
})

function open(path: string, directory = ''): Source {
  const options = { cache: join(tempFolder(), 'cache'), log: testLog() }
  const [source] = openSources([sourceOptions(path, { directory })], options)
  opened.push(source as Source)
  return source as Source
}

function folderWith(files: Files): string {
  const path = tempFolder()
  writeFiles(path, files)
  return path
}

async function readLatest(source: Source) {
  return texts(await source.read(await source.latest()))
}

describe('a watched folder', () => {
  it('has a revision of its paths and contents alone', async () => {
    const files = { 'a.txt': 'a', 'b/c.txt': 'c' }
    const [one, two] = [folderWith(files), folderWith(files)]
    const revision = await open(one).latest()
    expect(revision).toMatch(/^folder-[0-9a-f]{12}$/)
    expect(await open(two).latest()).toBe(revision)
  })

  it.each([
    ['a content', { 'a.txt': 'b' }],
    ['a path', { 'b.txt': 'a' }],
    ['a mode', { 'a.txt': { executable: 'a' } }],
    ['a symlink instead of a file', { 'a.txt': { target: 'a' } }],
  ])('has another revision for another %s', async (_what, files) => {
    const before = await open(folderWith({ 'a.txt': 'a' })).latest()
    expect(await open(folderWith(files as Files)).latest()).not.toBe(before)
  })

  it('is not read any more when it has become a repository', async () => {
    const path = folderWith({ 'a.txt': 'a' })
    const source = open(path)
    await source.latest()
    execFileSync('/usr/bin/git', ['init', '-q', path])
    await expect(source.latest()).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })

  it('sees a change that keeps size and time', async () => {
    const path = folderWith({ 'a.txt': 'one' })
    const file = join(path, 'a.txt')
    const source = open(path)
    const { atime, mtime } = statSync(file)
    await source.latest()
    writeFileSync(file, 'two')
    utimesSync(file, atime, mtime)
    expect(await readLatest(source)).toEqual({ 'a.txt': 'two' })
  })

  it('leaves .git and node_modules out at every depth', async () => {
    const path = folderWith({
      '.git/HEAD': 'x',
      'web/node_modules/x/index.js': 'x',
      'web/.git': 'x',
      'web/a': 'a',
    })
    expect(await readLatest(open(join(path, 'web')))).toEqual({ a: 'a' })
  })

  it('leaves out what is no file, and does not wait for a pipe', async () => {
    const path = folderWith({ a: 'a' })
    execFileSync('mkfifo', [join(path, 'pipe')])
    expect(await readLatest(open(path))).toEqual({ a: 'a' })
  })

  it('may itself be named by a symlink', async () => {
    const path = folderWith({ a: 'a' })
    const link = join(tempFolder(), 'link')
    symlinkSync(path, link)
    const source = open(link)
    let woken = Promise.withResolvers<void>()
    await source.watch(() => woken.resolve())
    woken = Promise.withResolvers<void>()
    writeFileSync(join(path, 'a'), 'b')
    await woken.promise
    expect(await readLatest(source)).toEqual({ a: 'b' })
  })

  it('does not wake for what it leaves out', async () => {
    const path = folderWith({ a: 'a', 'node_modules/x': 'x' })
    const source = open(path)
    const seen: string[] = []
    let woken = Promise.withResolvers<void>()
    await source.watch(() => {
      seen.push(readFileSync(join(path, 'a'), 'utf8'))
      woken.resolve()
    })
    woken = Promise.withResolvers<void>()
    seen.length = 0
    writeFileSync(join(path, 'node_modules/x'), 'y')
    writeFileSync(join(path, 'a'), 'b')
    await woken.promise
    expect(seen).toEqual(['b'])
  })

  it('lists a file of 50 MB without reading it', async () => {
    const path = folderWith({ a: 'a', huge: '' })
    truncateSync(join(path, 'huge'), 50 * 1024 * 1024)
    const source = open(path)
    const { files } = await source.read(await source.latest())
    expect(files.get('huge')).toMatchObject({ size: 50 * 1024 * 1024, content: null })
  })

  it('refuses more bytes than a source may have (law 11)', async () => {
    const path = folderWith({ a: 'a' })
    for (let n = 0; n <= MAX_TREE_BYTES / MAX_FILE_BYTES; n++) {
      writeFileSync(join(path, `f${n}`), '')
      truncateSync(join(path, `f${n}`), MAX_FILE_BYTES)
    }
    await expect(open(path).latest()).rejects.toMatchObject({ code: 'SOURCE_TOO_LARGE' })
  })

  it('says that a folder has no past', async () => {
    await expect(open(folderWith({ a: 'a' })).read('folder-000000000000')).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      hint: expect.stringContaining('no history'),
    })
  })

  it.each([
    ['a file', 'file', 'SOURCE_INVALID'],
    ['nothing', 'nothing', 'SOURCE_UNREACHABLE'],
  ])('that is %s is %s: %s', async (_what, name, code) => {
    const path = folderWith({ file: 'x' })
    await expect(open(join(path, name)).latest()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(join(path, name)),
    })
  })

  it('is not left through a symlink on the way to its folder', async () => {
    const outside = folderWith({ 'inner/secret': 'x' })
    const path = folderWith({ a: 'a' })
    mkdirSync(join(path, 'b'))
    symlinkSync(outside, join(path, 'b', 'way'))
    await expect(open(path, 'b/way/inner').latest()).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })
})
