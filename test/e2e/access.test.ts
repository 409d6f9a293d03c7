import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHost, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { appService, compose, isConverged, tasksOf } from '../support/stacks.ts'

let host: TestHost

beforeAll(async () => {
  host = await startHost({ files: { 'web/compose.yaml': stack() } })
  await host.until(isConverged())
})
afterAll(() => host?.destroy())

function stack(): string {
  return compose(appService('app', { replicas: 2 }))
}

/** The CLI as a process, its streams bytes, its input given or left open. */
function cli(args: string[], input?: string | Buffer) {
  const [file = '', ...rest] = host.enter([process.execPath, join(ROOT, 'scripts', 'setpoint.mjs'), ...args])
  const child = spawn(file, rest, { env: host.env, stdio: 'pipe' })
  const [stdout, stderr] = [[] as Buffer[], [] as Buffer[]]
  child.stdout.on('data', (bytes: Buffer) => void stdout.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => void stderr.push(bytes))
  if (input !== undefined) child.stdin.end(input)
  const done = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  return {
    child,
    done,
    stdout: () => Buffer.concat(stdout),
    stderr: () => Buffer.concat(stderr).toString(),
  }
}

async function exec(args: string[], input: string | Buffer = '') {
  const run = cli(['exec', ...args], input)
  return { code: await run.done, stdout: run.stdout(), stderr: run.stderr() }
}

describe('exec', () => {
  it.each([
    ['0', ['true'], 0],
    ['its own', ['sh', '-c', 'exit 42'], 42],
    ['128 and the signal', ['sh', '-c', 'kill -KILL $$'], 137],
    ['127 for what is not there', ['no-such-command'], 127],
  ])('gives the exit code: %s', async (_, argv, code) => {
    expect(await exec(['web/app', '--', ...argv])).toMatchObject({ code, stderr: expect.any(String) })
  })

  it('carries bytes unchanged in both directions, and the end of input', async () => {
    const bytes = Buffer.alloc(3_000_000, Buffer.from([...Array(251).keys()]))
    const { code, stdout, stderr } = await exec(
      ['web/app', '-T', '--', 'sh', '-c', 'cat; echo done >&2'],
      bytes,
    )
    expect(stderr).toBe('done\n')
    expect(stdout.equals(bytes)).toBe(true)
    expect(code).toBe(0)
  })

  it('runs as the container does, unless told otherwise', async () => {
    const script =
      'id -u; pwd; echo $MESSAGE $MORE; grep -E "^(Seccomp|CapEff):" /proc/self/status; cat /proc/1/cmdline | tr "\\0" " "'
    const own = (await exec(['web/app', '--', 'sh', '-c', script])).stdout.toString()
    expect(own).toMatch(/^0\n\/\none\n/)
    expect(own).toMatch(/Seccomp:\s2/)
    expect(own).toMatch(/CapEff:\s00000000a80425fb/)
    expect(own).toContain('/bin/serve')
    const other = await exec([
      'web/app.2',
      '-u',
      '1000:1000',
      '-w',
      '/tmp',
      '-e',
      'MORE=more',
      '--',
      'sh',
      '-c',
      script,
    ])
    expect(other.stdout.toString()).toMatch(/^1000\n\/tmp\none more\n/)
    expect(other.stdout.toString()).toMatch(/CapEff:\s0000000000000000/)
  })

  it('has a terminal when asked for: one stream, sizes, and Ctrl-C', async () => {
    const { code, stdout } = await exec(
      ['web/app', '-t', '--', 'sh', '-c', 'tty; stty size; echo x >&2; read a; echo "got $a"; exit 3'],
      'typed\r',
    )
    expect(stdout.toString()).toMatch(
      /^(typed\r\n)?\/dev\/pts\/\d+\r\n24 80\r\nx\r\n(typed\r\n)?got typed\r\n$/,
    )
    expect(code).toBe(3)
  })

  it('ends the command when the client goes', async () => {
    const run = cli(['exec', 'web/app', '--', 'sh', '-c', 'echo begun; exec sleep 4711'])
    await expect.poll(() => run.stdout().toString()).toContain('begun')
    run.child.kill('SIGKILL')
    await run.done
    await expect.poll(() => running('sleep 4711'), { timeout: 15_000 }).toBe(false)
  })
})

async function running(commandLine: string): Promise<boolean> {
  const { stdout } = await exec(['web/app', '--', 'ps'])
  return stdout.toString().includes(commandLine)
}

it('top: what runs in a task, as the kernel has it', async () => {
  const { code, json } = await host.setpoint('top', 'web/app.1', '--output', 'json')
  expect(code).toBe(0)
  const [first] = tasksOf(await host.status()).filter(({ slot }) => slot === 1)
  const { processes } = json as {
    processes: { pid: number; innerPid: number; user: string; argv: string[] }[]
  }
  expect(processes.find(({ pid }) => pid === first?.pid)).toMatchObject({
    innerPid: 1,
    argv: ['/bin/sh', '/bin/serve'],
  })
  expect(processes.map(({ argv }) => argv[0])).toContain('httpd')
})

describe('logs', () => {
  it('follows a service over a restart of its task, each line once', async () => {
    const follow = cli(['logs', 'web/app', '-f', '--no-prefix', '--tail', '0'])
    const say = (text: string) => exec(['web/app.1', '--', 'sh', '-c', `echo ${text} > /proc/1/fd/1`])
    const sayFirst = async () => {
      await say('first')
      return lines(follow)
    }
    await expect.poll(sayFirst, { timeout: 20_000, interval: 500 }).toContain('first')
    await say('before')
    await exec(['web/app.1', '--', 'kill', '-KILL', '-1'])
    await expect.poll(() => lines(follow), { timeout: 20_000 }).toContain('serving one')
    await host.until(isConverged())
    await say('after')
    await expect.poll(() => lines(follow), { timeout: 20_000 }).toContain('after')
    follow.child.kill('SIGINT')
    expect(await follow.done).toBe(0)
    const seen = lines(follow)
    expect(seen.filter((line) => line === 'before' || line === 'after')).toEqual(['before', 'after'])
  })

  it('shows a whole stack in the order of time, from a time on', async () => {
    const { json } = await host.setpoint('logs', 'web', '--tail', 'all', '--output', 'json')
    const all = (json as { lines: { at: string; taskId: string }[] }).lines
    expect(new Set(all.map(({ taskId }) => taskId)).size).toBe(2)
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted())
    const last = all.at(-1)?.at ?? ''
    const later = await host.setpoint('logs', 'web', '--since', last, '--output', 'json')
    expect((later.json as { lines: unknown[] }).lines).toHaveLength(1)
    expect((await host.setpoint('logs', 'web/nope')).code).toBe(2)
  })
})

describe('somebody who can reach Redis', () => {
  it('sees nothing of what passes, and ends a session at most', async () => {
    const run = cli([
      'exec',
      'web/app',
      '-e',
      'WORD=canary-in-order',
      '--',
      'sh',
      '-c',
      'while read line; do echo "canary $line"; done',
    ])
    run.child.stdin.write('canary-typed\n')
    await expect.poll(() => run.stdout().toString(), { timeout: 20_000 }).toContain('canary canary-typed')
    const everything = await dump()
    expect(everything).toContain('setpoint:session:')
    expect(everything).not.toContain('canary')
    const keys = (await host.redis('keys', 'setpoint:session:*')).split('\n')
    for (const id of new Set(keys.map((key) => key.split(':')[2]))) {
      await host.redis('xadd', `setpoint:session:${id}:controller`, '*', 'f', 'echo canary-injected')
    }
    expect(await run.done).toBe(125)
    expect(run.stderr()).toMatch(/session/)
    expect(run.stdout().toString()).not.toContain('injected')
  })
})

/** All that Redis holds, and its log of commands of the last moments. */
async function dump(): Promise<string> {
  const keys = (await host.redis('keys', '*')).split('\n').filter(Boolean)
  const values = await Promise.all(
    keys.map(async (key) => `${key} ${await host.redis('--no-raw', 'dump', key)}`),
  )
  return values.join('\n')
}

function lines(run: ReturnType<typeof cli>): string[] {
  return run.stdout().toString().split('\n').filter(Boolean)
}
