import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentPaths } from '../../agent/paths.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { filesWith, has, processesWith, spellings } from '../support/leaks.ts'
import { sopsYaml } from '../support/sops.ts'
import { hasOutcome, isConverged, pidsByService, runningPid, stackOf } from '../support/stacks.ts'

/** In every secret of this file, and nowhere else on this machine. */
const CANARY = `canary${randomBytes(12).toString('hex')}`
const value = (name: string) => `${name} ${CANARY}\n`
const LOOKED_FOR = spellings(CANARY)

const compose = (healthcheck = '/bin/healthy') => `services:
  web:
    image: ${TEST_IMAGE}
    stop_grace_period: 1s
    healthcheck: {test: [CMD, ${healthcheck}], interval: 300ms, retries: 10}
    secrets:
      - password
      - {source: variable, target: /etc/app/key, uid: "101", gid: "102", mode: 0400}
      - {source: aged, target: renamed}
      - sopsed
      - controllers
  other:
    image: ${TEST_IMAGE}
    stop_grace_period: 1s
    secrets: [variable]
secrets:
  password: {external: true, name: db-password}
  variable: {environment: API_KEY}
  aged: {file: ./aged.age}
  sopsed: {file: ./db.yaml}
  controllers: {file: ./controllers.age}
`

let host: TestHost
/** The author's hands: nothing of Setpoint. */
let author = ''
const keys = { host: '', controller: '' }

beforeAll(async () => {
  author = await mkdtemp(join(tmpdir(), 'author-'))
  await writeFile(join(author, 'vars.env'), `API_KEY=variable ${CANARY}\n`)
  host = await startHost({ files: { README: 'none yet' }, args: ['--variables', join(author, 'vars.env')] })
  const { hosts } = await host.until((now) => now.hosts[0]?.key.state === 'pinned')
  keys.host = hosts[0]?.key.recipient ?? ''
  keys.controller = (
    (await host.setpoint('version', '--output', 'json')).json as Version
  ).controller.recipient
  await host.commit({
    'web/compose.yaml': compose(),
    'web/aged.age': age([keys.host], value('aged')),
    'web/controllers.age': age([keys.controller], value('controllers')),
    'web/db.yaml': (await sopsYaml(new Map([['password', `sopsed ${CANARY}`]]), { recipients: [keys.host] }))
      .text,
  })
})
afterAll(async () => {
  await host?.destroy()
  await rm(author, { recursive: true, force: true })
})

it('refuses a stack whose external secret is not set, and takes it once it is', async () => {
  const status = await host.until((now) => (now.stacks[0]?.problems ?? []).length > 0)
  expect(stackOf(status).problems.join('\n')).toContain(
    'there is no external secret "db-password"; run: setpoint secret set db-password',
  )
  await setSecret('db-password', value('password'))
  await host.until(isConverged(), 60_000)
})

describe('what a task finds', () => {
  it('every secret in the clear, whoever it was encrypted to', async () => {
    const root = await inside('web')
    const read = (path: string) => readFile(join(root, path), 'utf8')
    expect(await read('/run/secrets/password')).toBe(value('password'))
    expect(await read('/etc/app/key')).toBe(`variable ${CANARY}`)
    expect(await read('/run/secrets/renamed')).toBe(value('aged'))
    expect(await read('/run/secrets/controllers')).toBe(value('controllers'))
    expect(await read('/run/secrets/sopsed')).toBe(`password: sopsed ${CANARY}\n`)
    expect(await readFile(`${await inside('other')}/run/secrets/variable`, 'utf8')).toBe(`variable ${CANARY}`)
  })

  it('only those of its own service', async () =>
    expect(await readdir(`${await inside('other')}/run/secrets`)).toEqual(['variable']))

  it('owned and readable as asked, else as Docker has it', async () => {
    const root = await inside('web')
    expect(await ownerOf(`${root}/run/secrets/password`)).toBe('0:0 444')
    expect(await ownerOf(`${root}/etc/app/key`)).toBe('101:102 400')
  })

  it('in memory, read-only, and as the kernel has it without programs, devices or set-id', async () => {
    const mounts = (await readFile(`/proc/${(await pids()).web}/mountinfo`, 'utf8')).split('\n')
    for (const target of ['/run/secrets/password', '/etc/app/key', '/run/secrets/sopsed']) {
      const fields = mounts.map((line) => line.split(' ')).find((line) => line[4] === target) ?? []
      expect(fields[5]?.split(',')).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev', 'noexec']))
      expect(fields[fields.indexOf('-') + 1]).toBe('tmpfs')
    }
  })

  it('no drift, and nothing that a plan offline would change', async () => {
    expect((await host.setpoint('drift', '--output', 'json')).json).toEqual({ drift: [] })
    const plan = await host.setpoint(
      'plan',
      '--source',
      host.repository.path,
      '--variables',
      join(author, 'vars.env'),
    )
    expect(plan.stdout + plan.stderr).not.toContain('replace')
    expect(plan.code).toBe(0)
  })
})

it('replaces the tasks of the services that use an external secret when it gets another value, and no others', async () => {
  const before = await pids()
  await setSecret('db-password', value('second'))
  await host.until((now) => isConverged()(now) && pidsByService(now).web !== before.web, 60_000)
  expect(await readFile(`${await inside('web')}/run/secrets/password`, 'utf8')).toBe(value('second'))
  expect((await pids()).other).toBe(before.other)
  const { secrets } = (await host.setpoint('secret', 'list', '--output', 'json')).json as Secrets
  expect(secrets).toMatchObject([{ name: 'db-password', usedBy: ['web/web'] }])
  const refused = await host.setpoint('secret', 'rm', 'db-password')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('is used by web/web')
})

it('goes back with a failed rollout to the secrets of before', async () => {
  const revision = await host.commit({
    'web/compose.yaml': compose('/bin/false'),
    'web/aged.age': age([keys.host], value('bad')),
  })
  await host.until(hasOutcome('rolledBack', revision), 90_000)
  expect(await readFile(`${await inside('web')}/run/secrets/renamed`, 'utf8')).toBe(value('aged'))
})

it('fails a task whose secret this host cannot open, and says whom it is for', async () => {
  const stranger = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg'
  const { text } = await sopsYaml(new Map([['password', CANARY]]), { recipients: [stranger] })
  const revision = await host.commit({ 'web/compose.yaml': compose(), 'web/db.yaml': text })
  const status = await host.until(hasOutcome('rolledBack', revision), 90_000)
  const said = JSON.stringify(stackOf(status).failure)
  expect(said).toContain('web/db.yaml')
  expect(said).toContain(`encrypted to ${stranger}; this host has the key ${keys.host}`)
})

it('needs nobody after a reboot of the host: it was kept sealed', async () => {
  const before = await pids()
  await host.stop()
  await rename(join(host.state, 'controller/secrets'), join(host.state, 'controller/elsewhere'))
  process.kill(runningPid(before.web), 'SIGKILL')
  await host.run('umount', '--lazy', join(runFolder(), 'secrets'))
  await host.start()
  await host.until(
    (now) => pidsByService(now).web !== before.web && (pidsByService(now).web ?? 0) > 0,
    60_000,
  )
  expect(await readFile(`${await inside('web')}/run/secrets/password`, 'utf8')).toBe(value('second'))
  await rm(join(host.state, 'controller/secrets'), { recursive: true })
  await rename(join(host.state, 'controller/elsewhere'), join(host.state, 'controller/secrets'))
})

describe('the canary', () => {
  it('can be found where it is: the ways to look work', async () => {
    expect(await filesWith(author, LOOKED_FOR)).toEqual([join(author, 'vars.env')])
    const memory = `/proc/${(await host.pids()).agent}/root${runFolder()}/secrets`
    expect((await filesWith(memory, LOOKED_FOR)).length).toBeGreaterThan(4)
    for (const text of [`x${CANARY}`, `xy${CANARY}`, CANARY]) {
      expect(has(Buffer.from(Buffer.from(`${text}zz`).toString('base64')), LOOKED_FOR)).toBe(true)
    }
  })

  it('is in no file of controller, agent and Redis', async () => {
    expect(await filesWith(host.state, LOOKED_FOR)).toEqual([])
    const redis = await readdir(join(host.state, 'redis'), { recursive: true })
    expect(redis.some((name) => name.includes('.aof'))).toBe(true) // every command that Redis was ever given
  })

  it("is nowhere in the agent's run folder but in the memory of secrets", async () => {
    const run = `/proc/${(await host.pids()).agent}/root${runFolder()}`
    expect(await filesWith(run, LOOKED_FOR, (path) => path === join(run, 'secrets'))).toEqual([])
  })

  it('is in no argument and no environment of any process', async () =>
    expect(await processesWith(LOOKED_FOR)).toEqual([]))

  it('is in no answer of the API and nothing that was printed', async () => {
    const asked = [
      ...[['status', 'web'], ['plan'], ['drift'], ['history', 'web'], ['hosts'], ['secret', 'list']],
      ...[['logs', 'web/web'], ['version']],
    ]
    for (const argv of asked) {
      for (const flags of [[], ['--output', 'json']]) {
        const { stdout, stderr } = await host.setpoint(...argv, ...flags)
        expect(has(Buffer.from(stdout + stderr), LOOKED_FOR), argv.join(' ')).toBe(false)
      }
    }
    expect(has(Buffer.from(await host.said()), LOOKED_FOR)).toBe(false)
  })

  it('travelled to this host alone', async () => {
    const sealed = (await host.redis('KEYS', 'setpoint:sealed:*')).split('\n').filter(Boolean)
    const name = (await host.status()).hosts[0]?.name
    expect(sealed.length).toBeGreaterThan(0)
    for (const key of sealed) expect(key).toContain(`setpoint:sealed:${name}:`)
  })
})

it('is gone with the task', async () => {
  await host.until(
    isConverged(await host.commit({ 'web/compose.yaml': `services: {web: {image: ${TEST_IMAGE}}}\n` })),
    60_000,
  )
  const run = `/proc/${(await host.pids()).agent}/root${runFolder()}`
  await expect.poll(() => readdir(join(run, 'secrets')).catch(() => 'gone'), { timeout: 10_000 }).toBe('gone')
  await expect.poll(() => readdir(join(host.state, 'agent/secrets')), { timeout: 10_000 }).toEqual([])
})

interface Version {
  controller: { recipient: string }
}
interface Secrets {
  secrets: { name: string; usedBy: string[] }[]
}

/** As a person does it on the command line of age. */
function age(recipients: string[], text: string): string {
  const to = recipients.flatMap((recipient) => ['--recipient', recipient])
  return execFileSync('age', ['--encrypt', '--armor', ...to], {
    input: text,
    encoding: 'utf8',
    timeout: 10_000,
  })
}

async function setSecret(name: string, text: string): Promise<void> {
  const [file = '', ...argv] = host.enter([
    process.execPath,
    join(ROOT, 'scripts', 'setpoint.mjs'),
    'secret',
    'set',
    name,
  ])
  await new Promise<void>((resolve, reject) => {
    const child = execFile(file, argv, { env: host.env, timeout: 30_000 }, (error) =>
      error ? reject(error) : resolve(),
    )
    child.stdin?.end(text)
  })
}

function runFolder(): string {
  return agentPaths(join(host.state, 'agent')).run
}

async function pids(): Promise<Record<string, number>> {
  return pidsByService(await host.status())
}

async function inside(service: string): Promise<string> {
  return `/proc/${(await pids())[service]}/root`
}

async function ownerOf(path: string): Promise<string> {
  const { uid, gid, mode } = await stat(path)
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`
}
