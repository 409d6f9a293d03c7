import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { gitEnvironment } from '../../../../controller/git/call/environment.ts'
import { type GitCall, git, gitCatFile } from '../../../../controller/git/call/git.ts'
import { locate } from '../../../../controller/git/location/source-location.ts'
import { useGit } from '../fake-git.ts'
import { tempFolder } from '../repositories.ts'

function call(args: string[], more: Partial<GitCall> = {}): GitCall {
  return { args, cwd: tempFolder(), env: gitEnvironment(locate('/srv/x')), deadline: 20_000, ...more }
}

describe('git', () => {
  it('gives all of the output, even when it is long and slow to be read', async () => {
    useGit(
      'i=0; while [ $i -lt 3000 ]; do echo "line $i ........................................"; i=$((i+1)); done',
    )
    const output = await git(call(['ls-tree']))
    expect(output.split('\n')).toHaveLength(3001)
  })

  it.each([
    ['ends with another code than 0', 'echo half; echo "fatal: no" >&2; exit 128', /fatal: no/],
    ['fails without a word', 'exit 1', /^$/],
    ['is killed in the middle of its output', 'echo half; kill -9 $$', /^$/],
  ])('is a failure when it %s', async (_what, script, stderr) => {
    useGit(script)
    await expect(git(call(['ls-tree']))).rejects.toMatchObject({
      name: 'GitFailure',
      reason: 'exit',
      stderr: expect.stringMatching(stderr),
    })
  })

  it('is ended at its deadline, though its helpers keep the pipes open', async () => {
    useGit('trap "" INT; echo started; sleep 5 & sleep 5')
    await expect(git(call(['fetch'], { deadline: 100 }))).rejects.toMatchObject({ reason: 'deadline' })
  })

  it('is ended at its deadline with all its helpers when a server accepts and then says nothing', async () => {
    const disconnected = Promise.withResolvers<void>()
    const server = createServer((socket) => {
      socket.resume().on('error', () => {})
      socket.once('close', () => disconnected.resolve())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    vi.stubEnv('no_proxy', '127.0.0.1')
    const asking = git(call(['ls-remote', '--', `http://127.0.0.1:${port}/x`], { deadline: 300 }))
    await expect(asking).rejects.toMatchObject({ reason: 'deadline' })
    await disconnected.promise
    server.close()
  })

  it('is ended when it writes more than it may', async () => {
    useGit('while :; do echo "............................................................"; done')
    const listing = git(call(['ls-tree'], { maxOutput: 100_000 }))
    await expect(listing).rejects.toMatchObject({ reason: 'output' })
  })

  it('says when git is not installed', async () => {
    const env = { ...gitEnvironment(locate('/srv/x')), PATH: tempFolder() }
    await expect(git(call(['version'], { env }))).rejects.toMatchObject({ reason: 'missing' })
  })

  it('says when the folder to run in is gone', async () => {
    await expect(git(call(['version'], { cwd: '/nonexistent' }))).rejects.toThrow(/does not exist/)
  })

  it('does not take --upload-pack from anybody', async () => {
    await expect(git(call(['ls-remote', '--upload-pack=touch x', '.']))).rejects.toThrow(/not permitted/)
  })

  it('hands bytes through cat-file unchanged', async () => {
    useGit(`cat >/dev/null; printf '\\377\\000\\012'`)
    expect(await gitCatFile(call(['--batch'], { input: 'x\n' }))).toEqual(Buffer.from([255, 0, 10]))
  })
})

describe('gitEnvironment', () => {
  it('leaves out what points git elsewhere, and keeps what the operator may set', () => {
    vi.stubEnv('GIT_DIR', '/elsewhere')
    vi.stubEnv('GIT_EXTERNAL_DIFF', 'touch x')
    vi.stubEnv('GIT_SSH_COMMAND', 'ssh -i key')
    const env = gitEnvironment(locate('/srv/x'))
    expect(env).not.toHaveProperty('GIT_DIR')
    expect(env).not.toHaveProperty('GIT_EXTERNAL_DIFF')
    expect(env).toMatchObject({
      GIT_SSH_COMMAND: 'ssh -i key',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ALLOW_PROTOCOL: 'https:http:ssh:file',
      LC_ALL: 'C',
    })
  })

  it('quotes object databases whose path has a colon', () => {
    const env = gitEnvironment(locate('/srv/x'), { alternates: ['/a', '/b:c', '/d"e'] })
    expect(env.GIT_ALTERNATE_OBJECT_DIRECTORIES).toBe('/a:"/b:c":"/d\\"e"')
  })
})
