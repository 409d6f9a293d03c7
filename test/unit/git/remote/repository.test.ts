import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openSources } from '../../../../controller/git/open.ts'
import type { Source } from '../../../../controller/git/source.ts'
import type { SourceOptions } from '../../../../controller/options.ts'
import { MAX_TREE_FILES } from '../../../../schemas/source.ts'
import { recordGit } from '../fake-git.ts'
import { startGitServer } from '../git-server.ts'
import {
  gitIn,
  makeRepository,
  sourceOptions,
  type TestRepository,
  tempFolder,
  testLog,
  texts,
} from '../repositories.ts'

const opened: Source[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((source) => source.close()))
})

function open(options: SourceOptions[], cache = join(tempFolder(), 'cache'), log = testLog()): Source[] {
  const sources = openSources(options, { cache, log })
  opened.push(...sources)
  return sources
}

function openOne(url: string, more: Partial<SourceOptions> = {}, cache?: string): Source {
  return open([sourceOptions(url, more)], cache)[0] as Source
}

async function readLatest(source: Source): Promise<Record<string, string | null>> {
  return texts(await source.read(await source.latest()))
}

describe('a repository', () => {
  it('that is away at the start is read by its commits once it is back', async () => {
    const { path, git } = makeRepository({ 'a.txt': 'committed' })
    renameSync(path, `${path}.away`)
    const source = openOne(path)
    await expect(source.latest()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
    renameSync(`${path}.away`, path)
    writeFileSync(join(path, 'a.txt'), 'edited')
    expect(await source.latest()).toBe(git('rev-parse', 'HEAD'))
    expect(await readLatest(source)).toEqual({ 'a.txt': 'committed' })
  })

  it('is asked once, whatever number of sources come from it', async () => {
    const { path } = makeRepository({ 'a/x': 'a', 'b/x': 'b', 'c/x': 'c' })
    const sources = open(
      ['a', 'b', 'c'].map((directory) => sourceOptions(path, { branch: 'main', directory })),
    )
    const git = recordGit()
    await Promise.all([...sources, ...sources].map((source) => source.latest()))
    expect(git.calls('ls-remote')).toHaveLength(1)
    expect(git.calls()).toHaveLength(1)
  })

  it('takes the branch that HEAD names, and knows its name after the first look', async () => {
    const { path, git } = makeRepository()
    const source = openOne(path)
    expect(source.branch).toBe('')
    expect(await source.latest()).toBe(git('rev-parse', 'HEAD'))
    expect(source.branch).toBe('main')
    git('checkout', '-q', '-b', 'other')
    await source.latest()
    expect(source.branch).toBe('other')
  })

  it('gives the head of the branch asked for and not of one whose name ends alike', async () => {
    const { path, git, commit } = makeRepository()
    const main = git('rev-parse', 'HEAD')
    git('checkout', '-q', '-b', 'team/main')
    commit({ x: '1' })
    git('update-ref', 'refs/remotes/origin/refs/heads/main', 'HEAD')
    expect(await openOne(path, { branch: 'main' }).latest()).toBe(main)
  })

  it('says when there is no such branch, or no commit at all', async () => {
    const { path } = makeRepository()
    await expect(openOne(path, { branch: 'nope' }).latest()).rejects.toMatchObject({
      code: 'SOURCE_BRANCH_MISSING',
      message: `${path} has no branch nope.`,
    })
    const empty = tempFolder()
    gitIn(empty, 'init', '-q')
    await expect(openOne(empty).latest()).rejects.toMatchObject({ code: 'SOURCE_BRANCH_MISSING' })
  })

  it('follows a force-push, and still reads what was there before, even after gc', async () => {
    const repository = makeRepository({ x: 'base' })
    const cache = join(tempFolder(), 'cache')
    const source = openOne(repository.path, {}, cache)
    const lost = repository.commit({ x: 'lost' })
    expect(await readLatest(source)).toEqual({ x: 'lost' })
    await source.close() // what was read in place is kept in the cache
    repository.git('reset', '-q', '--hard', 'HEAD~1')
    repository.commit({ x: 'instead' })
    repository.git('reflog', 'expire', '--expire=now', '--all')
    repository.git('gc', '-q', '--prune=now')
    expect(() => repository.git('cat-file', '-e', lost)).toThrow()
    const again = openOne(repository.path, {}, cache)
    expect(await readLatest(again)).toEqual({ x: 'instead' })
    expect(texts(await again.read(lost))).toEqual({ x: 'lost' })
  })

  it('says when a revision is gone for good', async () => {
    const { path } = makeRepository()
    const source = openOne(path)
    await source.latest()
    await expect(source.read('1'.repeat(40))).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringContaining('no longer has'),
    })
  })

  it.each([
    ['HEAD', (cache: string) => writeFileSync(join(cache, 'HEAD'), 'garbage')],
    ['objects', (cache: string) => rmSync(join(cache, 'objects'), { recursive: true })],
    ['a lock left by a crash', (cache: string) => writeFileSync(join(cache, 'shallow.lock'), '')],
    ['every object', (cache: string) => corruptObjects(cache)],
    ['the configuration', (cache: string) => writeFileSync(join(cache, 'config'), '[broken')],
  ])('at a server is fetched again when its cache is damaged: %s', async (_what, damage) => {
    const repository = makeRepository({ x: '1', y: 'same' })
    const server = await startGitServer(join(repository.path, '..'))
    const cache = join(tempFolder(), 'cache')
    const url = `${server.url}/infra/.git`
    const first = openOne(url, {}, cache)
    expect(await readLatest(first)).toEqual({ x: '1', y: 'same' })
    damage(join(cache, readdirSync(cache).find((name) => name.endsWith('.git')) ?? ''))
    repository.commit({ x: '2' })
    const log = testLog()
    const source = open([sourceOptions(url)], cache, log)[0] as Source
    expect(await readLatest(source)).toEqual({ x: '2', y: 'same' })
    expect(log.warn).toHaveBeenCalledWith({ url }, 'Cache of a source is damaged and made anew')
    await server.close()
  })

  it('reads 2,000 files with two calls of git, and after a change only what is new', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 2000 }, (_, n) => [`d${n % 50}/f${n}`, `content ${n}`]),
    )
    const repository = makeRepository(files)
    const source = openOne(repository.path)
    const git = recordGit()
    const tree = await source.read(await source.latest())
    expect(tree.files.size).toBe(2000)
    expect(git.calls('ls-tree')).toHaveLength(1)
    expect(git.calls('cat-file')).toHaveLength(1)
    expect(git.calls('fetch')).toHaveLength(0)
    repository.commit({ 'd0/f0': 'new' })
    const next = await source.read(await source.latest())
    expect(next.files.get('d0/f0')?.content?.toString()).toBe('new')
    expect(next.files.get('d1/f1')?.content).toBe(tree.files.get('d1/f1')?.content)
  })

  it('refuses a tree with too many files before it reads any of them', async () => {
    const { path, git } = makeRepository({ x: '1' })
    const blob = git('rev-parse', 'HEAD:x')
    const inner = makeTree(
      path,
      Array.from({ length: 1000 }, (_, n) => `100644 blob ${blob}\tf${n}`),
    )
    const outer = makeTree(
      path,
      Array.from({ length: MAX_TREE_FILES / 1000 + 1 }, (_, n) => `040000 tree ${inner}\td${n}`),
    )
    git('update-ref', 'refs/heads/main', git('commit-tree', outer, '-m', 'many'))
    const source = openOne(path)
    const record = recordGit()
    await expect(readLatest(source)).rejects.toMatchObject({ code: 'SOURCE_TOO_LARGE' })
    expect(record.calls('cat-file')).toHaveLength(0)
  })

  it('leaves submodules out', async () => {
    const { path, git } = makeRepository({ x: '1' })
    git('update-index', '--add', '--cacheinfo', `160000,${'a'.repeat(40)},vendor`)
    git('commit', '-q', '-m', 'submodule')
    expect(await readLatest(openOne(path))).toEqual({ x: '1' })
  })

  it('with SHA-256 names is read as well', async () => {
    const { path, commit } = makeRepository({ x: '1' }, '--object-format=sha256')
    const source = openOne(path)
    expect(await source.latest()).toHaveLength(64)
    expect(await readLatest(source)).toEqual({ x: '1' })
    await source.close()
    commit({ x: '2' })
  })

  it('that belongs to another user is read', async () => {
    const { path } = makeRepository({ x: '1' })
    for (const name of ['', '.git']) chownSync(join(path, name), 65534, 65534)
    expect(await readLatest(openOne(path))).toEqual({ x: '1' })
  })

  it('in a folder with a colon, a quote and a space is read', async () => {
    const path = join(tempFolder(), 'a:b "c d')
    mkdirSync(path)
    gitIn(path, 'init', '-q', '-b', 'main')
    writeFileSync(join(path, 'x'), '1')
    gitIn(path, 'add', '-A')
    gitIn(path, 'commit', '-q', '-m', 'x')
    const source = openOne(path)
    expect(await readLatest(source)).toEqual({ x: '1' })
  })

  it('runs nothing that its configuration or its hooks name', async () => {
    const { path, git, commit } = makeRepository({ x: '1' })
    const trap = join(tempFolder(), 'ran')
    const script = join(path, '.git', 'trap')
    writeFileSync(script, `#!/bin/sh\ntouch ${trap}\n`, { mode: 0o755 })
    for (const key of ['core.fsmonitor', 'core.sshCommand', 'core.pager', 'core.alternateRefsCommand']) {
      git('config', key, script)
    }
    for (const key of [
      'uploadpack.packObjectsHook',
      'filter.evil.smudge',
      'diff.external',
      'credential.helper',
    ]) {
      git('config', key, script)
    }
    for (const hook of ['reference-transaction', 'post-checkout', 'pre-auto-gc', 'post-index-change']) {
      writeFileSync(join(path, '.git', 'hooks', hook), `#!/bin/sh\ntouch ${trap}\n`, { mode: 0o755 })
    }
    git('config', 'core.hooksPath', '/nonexistent')
    commit({ '.gitattributes': '* filter=evil', y: '2' })
    git('config', '--unset', 'core.hooksPath')
    rmSync(trap, { force: true })
    const source = openOne(path)
    expect(Object.keys(await readLatest(source))).toContain('y')
    await source.close() // fetches into the cache
    expect(existsSync(trap)).toBe(false)
  })

  it('is refused when it is given twice, under whatever spelling', () => {
    const options = [
      sourceOptions('/srv/infra', { branch: 'main' }),
      sourceOptions('file:///srv/infra', { branch: 'main' }),
    ]
    expect(() => open(options)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('that is not there yet is unreachable, and read once it is there', async () => {
    const path = join(tempFolder(), 'infra.git')
    const source = openOne(path)
    await expect(source.latest()).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringContaining('no repository at that place'),
      hint: expect.any(String),
    })
    const { path: author } = makeRepository({ x: '1' })
    gitIn(author, 'clone', '-q', '--bare', author, path)
    expect(await readLatest(source)).toEqual({ x: '1' })
  })
})

describe('watching a repository', () => {
  /** Resolves when the source has been woken and its head is the one given. */
  async function watched(path: string, more: Partial<SourceOptions> = {}) {
    const source = openOne(path, more)
    let woken = Promise.withResolvers<void>()
    await source.watch(() => woken.resolve())
    return async (act: () => string) => {
      woken = Promise.withResolvers<void>()
      const wanted = act()
      do {
        await woken.promise
        woken = Promise.withResolvers<void>()
      } while ((await source.latest()) !== wanted)
    }
  }

  const commitOn =
    ({ commit }: TestRepository) =>
    () =>
      commit({ x: String(Math.random()) })

  it('notices a commit, also when refs are packed before and after', async () => {
    const repository = makeRepository()
    const noticed = await watched(repository.path)
    await noticed(commitOn(repository))
    repository.git('pack-refs', '--all')
    await noticed(commitOn(repository))
    await noticed(() => {
      const head = repository.commit({ x: 'last' })
      repository.git('pack-refs', '--all')
      return head
    })
  })

  it('notices update-ref, and that HEAD names another branch', async () => {
    const { path, git } = makeRepository()
    const tree = git('write-tree')
    const noticed = await watched(path)
    await noticed(() => {
      const head = git('commit-tree', tree, '-m', 'by hand')
      git('update-ref', 'refs/heads/main', head)
      return head
    })
    await noticed(() => {
      const head = git('commit-tree', tree, '-m', 'elsewhere')
      git('update-ref', 'refs/heads/deep/er/branch', head)
      git('symbolic-ref', 'HEAD', 'refs/heads/deep/er/branch')
      return head
    })
    await noticed(() => {
      const head = git('commit-tree', tree, '-m', 'once more')
      git('update-ref', 'refs/heads/deep/er/branch', head)
      return head
    })
  })

  it('notices a commit in a linked work tree, whose branches are elsewhere', async () => {
    const repository = makeRepository()
    const path = join(tempFolder(), 'linked')
    repository.git('worktree', 'add', '-q', '-b', 'side', path)
    const noticed = await watched(path)
    await noticed(() => {
      gitIn(path, 'commit', '-q', '--allow-empty', '-m', 'in the linked tree')
      return gitIn(path, 'rev-parse', 'HEAD')
    })
  })

  it('misses none of many commits in a row', async () => {
    const { path, git } = makeRepository()
    const tree = git('write-tree')
    const noticed = await watched(path, { branch: 'main' })
    for (let round = 0; round < 3; round++) {
      await noticed(() => {
        let head = ''
        for (let n = 0; n < 15; n++) {
          head = git('commit-tree', tree, '-m', `${round}.${n}`)
          git('update-ref', 'refs/heads/main', head)
        }
        return head
      })
    }
  })
})

function makeTree(path: string, lines: string[]): string {
  const file = join(tempFolder(), 'tree')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return gitIn(path, '-c', `alias.mk=!git mktree < ${file}`, 'mk')
}

function corruptObjects(cache: string): void {
  const objects = join(cache, 'objects')
  for (const folder of readdirSync(objects)) {
    for (const name of readdirSync(join(objects, folder))) {
      rmSync(join(objects, folder, name))
      writeFileSync(join(objects, folder, name), 'garbage')
    }
  }
}
