import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSources } from '../../../../controller/git/open.ts'
import type { Source } from '../../../../controller/git/source.ts'
import type { SourceOptions } from '../../../../controller/options.ts'
import { recordGit, useGit } from '../fake-git.ts'
import { type GitServer, startGitServer } from '../git-server.ts'
import {
  makeRepository,
  sourceOptions,
  type TestRepository,
  tempFolder,
  testLog,
  texts,
} from '../repositories.ts'

const PASSWORD = 'hunter2/&@#x'
let repository: TestRepository
let server: GitServer
let sources: Source[] = []

beforeEach(() => {
  vi.stubEnv('GIT_CONFIG_GLOBAL', '/dev/null')
  repository = makeRepository({ 'a/x': '1', 'b/x': '2' })
})

afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.close()))
  await server?.close()
})

async function serve(credentials?: string): Promise<string> {
  server = await startGitServer(join(repository.path, '..'), credentials)
  return `${server.url}/infra/.git`
}

function open(...options: SourceOptions[]): Source[] {
  sources = openSources(options, { cache: join(tempFolder(), 'cache'), log: testLog() })
  return sources
}

function openOne(url: string, more: Partial<SourceOptions> = {}): Source {
  return open(sourceOptions(url, more))[0] as Source
}

async function readLatest(source: Source) {
  return texts(await source.read(await source.latest()))
}

async function failureOf(source: Source): Promise<{ code: string; text: string }> {
  const error = await source.latest().catch((thrown) => thrown)
  return { code: error.code, text: `${error.message} ${error.hint} ${error.stack} ${JSON.stringify(error)}` }
}

function withUser(url: string, user: string): string {
  return url.replace('http://', `http://${user}@`)
}

describe('a repository at a server', () => {
  it('is asked and fetched once for all sources that come from it, and not again while it stays', async () => {
    const url = await serve()
    const git = recordGit()
    const [a, b] = open(sourceOptions(url, { directory: 'a' }), sourceOptions(url, { directory: 'b' }))
    const revisions = await Promise.all([a?.latest(), b?.latest(), a?.latest()])
    const trees = await Promise.all([a?.read(revisions[0] ?? ''), b?.read(revisions[1] ?? '')])
    expect(trees.map((tree) => tree && texts(tree))).toEqual([{ x: '1' }, { x: '2' }])
    expect(git.calls('ls-remote')).toHaveLength(1)
    expect(git.calls('fetch')).toHaveLength(1)
    expect(git.calls('fetch')[0]).toContain('--depth 1')
    await a?.read(await a.latest())
    expect(git.calls('fetch')).toHaveLength(1)
  })

  it('is fetched for one commit only, not for its history', async () => {
    const url = await serve()
    const old = repository.git('rev-parse', 'HEAD')
    repository.commit({ 'a/x': '3' })
    const source = openOne(url)
    await readLatest(source)
    const git = recordGit()
    await source.read(old)
    expect(git.calls('fetch')).toHaveLength(1)
  })

  it('keeps what it has read when the branch is force-pushed and the server is gone', async () => {
    const source = openOne(await serve())
    const old = await source.latest()
    await source.read(old)
    repository.git('commit', '-q', '--amend', '-m', 'instead', '--allow-empty')
    expect(await source.latest()).not.toBe(old)
    await readLatest(source)
    server.answer(500)
    expect(texts(await source.read(old))).toEqual({ 'a/x': '1', 'b/x': '2' })
  })

  it('is read by its branch when the server hands out no single commits', async () => {
    const url = await serve()
    const folder = join(tempFolder(), 'once')
    // An old server: the first fetch, of a commit by its name, is refused.
    useGit(
      `case "$*" in fetch*refs/setpoint/revisions*) echo "error: Server does not allow request for unadvertised object x" >&2; exit 1;; esac; echo x >> ${folder}; exec /usr/bin/git "$@"`,
    )
    const source = openOne(url, { branch: 'main' })
    expect(await readLatest(source)).toEqual({ 'a/x': '1', 'b/x': '2' })
    const moved = await source.latest()
    repository.git('commit', '-q', '--amend', '-m', 'moved on', '--allow-empty')
    expect(texts(await source.read(moved))).toEqual({ 'a/x': '1', 'b/x': '2' })
    await expect(source.read('2'.repeat(40))).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  })
})

describe('credentials', () => {
  it.each([
    ['none', (url: string) => url],
    ['a wrong password', (url: string) => withUser(url, `alice:${encodeURIComponent('wrong-password')}`)],
    ['a user name alone', (url: string) => withUser(url, 'alice-token')],
  ])('are refused: %s', async (_what, change) => {
    const source = openOne(change(await serve(`alice:${PASSWORD}`)))
    const { code, text } = await failureOf(source)
    expect(code).toBe('SOURCE_DENIED')
    expect(text).not.toMatch(/wrong-password|alice/)
    expect(text).toContain(server.url)
  })

  it('in the URL are used, and shown to nobody: not in argv, name, url or errors', async () => {
    const url = withUser(await serve(`alice:${PASSWORD}`), `alice:${encodeURIComponent(PASSWORD)}`)
    const git = recordGit()
    const source = openOne(url)
    expect(await readLatest(source)).toEqual({ 'a/x': '1', 'b/x': '2' })
    server.answer(500)
    const { code, text } = await failureOf(source)
    expect(code).toBe('SOURCE_UNREACHABLE')
    for (const seen of [...git.calls(), text, source.name, source.url]) {
      expect(seen).not.toMatch(/hunter2|alice/)
    }
  })

  it('come from a file, read anew each time and left as it is', async () => {
    const url = await serve(`alice:${PASSWORD}`)
    const file = join(tempFolder(), 'credentials')
    const line = (user: string) => `${withUser(server.url, user)}\n`
    writeFileSync(file, `https://other.example.org\n# note\n${line('alice:old-password')}`)
    const git = recordGit()
    const source = openOne(url, { credentialsFile: file })
    const { code, text } = await failureOf(source)
    expect(code).toBe('SOURCE_DENIED')
    expect(text).not.toContain('old-password')
    expect(readFileSync(file, 'utf8')).toContain(line('alice:old-password'))
    writeFileSync(file, line(`alice:${encodeURIComponent(PASSWORD)}`))
    expect(await readLatest(source)).toEqual({ 'a/x': '1', 'b/x': '2' })
    expect(git.calls().join('\n')).not.toMatch(/hunter2|old-password/)
  })

  it('are taken for the user that the URL names', async () => {
    const url = await serve(`alice:${PASSWORD}`)
    const file = join(tempFolder(), 'credentials')
    const users = ['bob:other', `alice:${encodeURIComponent(PASSWORD)}`]
    writeFileSync(file, users.map((user) => withUser(server.url, user)).join('\n'))
    expect(await readLatest(openOne(withUser(url, 'alice'), { credentialsFile: file }))).toHaveProperty('a/x')
  })

  it('in a file that cannot be read are an error that names the file', async () => {
    const source = openOne(await serve(), { credentialsFile: '/nonexistent/credentials' })
    await expect(source.latest()).rejects.toMatchObject({
      code: 'SOURCE_DENIED',
      message: expect.stringContaining('/nonexistent/credentials'),
    })
  })
})

describe('errors of a server', () => {
  it.each([
    [403, 'SOURCE_DENIED'],
    [404, 'SOURCE_UNREACHABLE'],
    [500, 'SOURCE_UNREACHABLE'],
    [200, 'SOURCE_INVALID'],
  ])('%d is %s', async (status, code) => {
    const url = await serve()
    server.answer(status)
    const error = await openOne(url)
      .latest()
      .catch((thrown) => thrown)
    expect(error).toMatchObject({
      code,
      hint: expect.any(String),
      message: expect.stringContaining(server.url),
    })
  })

  it('a port where nobody listens is unreachable', async () => {
    const url = await serve()
    await server.close()
    await expect(openOne(url).latest()).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringMatching(/did not answer.*(refused|connect)/i),
    })
  })

  it.each([
    [
      'git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.',
      'SOURCE_DENIED',
    ],
    ['Host key verification failed.\nfatal: Could not read from remote repository.', 'SOURCE_UNREACHABLE'],
    ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', 'SOURCE_UNREACHABLE'],
    ['ssh: Could not resolve hostname x: Name or service not known', 'SOURCE_UNREACHABLE'],
    ["fatal: transport 'ext' not allowed", 'SOURCE_INVALID'],
    ["fatal: protocol 'foo' is not supported", 'SOURCE_INVALID'],
  ])('%j is told as %s, in one line', async (stderr, code) => {
    useGit(`cat >&2 <<'END'\n${stderr}\nPlease make sure you have the correct access rights\nEND\nexit 128`)
    const error = await openOne('git@example.org:infra.git')
      .latest()
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ code, hint: expect.any(String) })
    expect(error.message).toContain('git@example.org:infra.git')
    expect(error.message).not.toMatch(/\n|Please make sure/)
  })

  it('git that is not installed is told as that', async () => {
    vi.stubEnv('PATH', tempFolder())
    await expect(openOne('git@example.org:infra.git').latest()).rejects.toMatchObject({
      code: 'RUNTIME_MISSING',
    })
  })
})
