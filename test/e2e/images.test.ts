import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HistoryEntry, StackRecord } from '../../schemas/record.ts'
import type { HistoryDocument, StatusDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { DEPLOYER, prepareRegistry } from '../support/registry.ts'
import { condition, hasOutcome, isConverged, stackOf, tasksOf } from '../support/stacks.ts'

const OPEN = '127.0.0.1:5000'
const LOCKED = '127.0.0.1:5001'
const SLOW = '127.0.0.1:5002'
const APP = `${OPEN}/team/app:1`

const QUICK = 'deploy: {update_config: {monitor: 100ms}}'
const HEALTHCHECK = 'healthcheck: {test: [CMD, /bin/healthy], interval: 300ms, retries: 10}'

let host: TestHost
const registries = new Map<string, ChildProcess>()

beforeAll(async () => {
  host = await startHost({ start: false })
  const insecure = [OPEN, SLOW].map((name) => `[[registry]]\nlocation = "${name}"\ninsecure = true\n`)
  await appendFile(join(host.folder, 'containers/registries.conf'), `\n${insecure.join('\n')}`)
  await startRegistry(OPEN)
  await startRegistry(LOCKED, { locked: true, tls: await ownAuthority(LOCKED) })
  start(SLOW, [process.execPath, join(ROOT, 'test/support/registry-proxy.ts'), OPEN, '5002', '600000'])
  await push(APP, 'one')
  await push(`${LOCKED}/team/app:1`, 'secret')
  await host.repository.commit({ 'shop/compose.yaml': compose() }, 'first')
  await host.start()
})

afterAll(async () => {
  for (const name of registries.keys()) await stopRegistry(name)
  await host.destroy()
})

describe('an image of a registry', () => {
  test('is pulled and runs', async () => {
    await serves('one')
    expect(stackOf(await host.status(), 'shop')).toMatchObject({
      problems: [],
      services: [{ image: APP, digest: expect.stringMatching(/^sha256:/) }],
    })
  })

  test('can be watched while it comes', async () => {
    const image = (reference: string) => `services: {app: {image: '${reference}', ${QUICK}}}\n`
    await push(`${OPEN}/team/large:1`, 'large', { filler: randomBytes(1_000_000).toString('hex') })
    await host.commit({ 'large/compose.yaml': image(`${SLOW}/team/large:1`) })
    const coming = await host.until((status) => {
      const [task] = stackTasks(status, 'large')
      return task?.state === 'preparing' && /: \d+ kB, \d+ layers$/.test(task.message ?? '')
    })
    expect(stackTasks(coming, 'large')[0]?.message).toMatch(/^pulling 127\.0\.0\.1:5002\/team\/large:1: /)
    await host.until(isConverged(undefined, 'large'))
    expect(stackTasks(await host.status(), 'large')[0]?.message).toBeNull()
    const gone = await host.commit({ 'large/compose.yaml': null })
    await host.until(({ stacks, sources }) => stacks.length === 1 && sources[0]?.revision === gone)
  })

  test('stays the same bytes when its tag moves, for new tasks and another replica too', async () => {
    await push(APP, 'two')
    const before = await host.status()
    await host.setpoint('sync')
    await host.kill('controller') // `up` starts another one, which reads the commit anew
    const polled = [null, undefined, before.sources[0]?.polled]
    const after = await host.until(
      (status) => !polled.includes(status.sources[0]?.polled) && stackTasks(status, 'shop').length > 0,
    )
    expect(tasksOf(after, 'shop')).toEqual(tasksOf(before, 'shop'))

    const status = await deployed({ 'shop/compose.yaml': compose('environment: {OTHER: x}', 'scale: 2') })
    const images = await Promise.all(tasksOf(status, 'shop').map((task) => messageIn(task.pid ?? 0)))
    expect(images).toEqual(['one', 'one'])
  })

  test('is looked up when a day has passed, with no commit, also if the controller was not there meanwhile', async () => {
    await deployed({ 'shop/compose.yaml': compose('pull_policy: daily') })
    await push(APP, 'of today')
    await host.stop()
    const revision = await lookedUp(new Date(Date.now() - 25 * 3_600_000))
    await host.start()
    await serves('of today')
    const status = await host.until(isConverged(revision, 'shop'))
    expect((await history())[0]).toMatchObject({ trigger: 'image', revision })
    const [web] = stackOf(status, 'shop').services
    const digest = await host.run('skopeo', 'inspect', '--tls-verify=false', `docker://${APP}`)
    expect(web?.digest).toBe(JSON.parse(digest).Digest)
    await push(APP, 'two')
  })

  test('is looked up at each commit with pull_policy always, which is a rollout of its own', async () => {
    await deployed({ 'shop/compose.yaml': compose('pull_policy: always') })
    await serves('two')
    await push(APP, 'three')
    const status = await deployed({ 'README.md': 'nothing of the stack' })
    await serves('three')
    const revision = stackOf(status, 'shop').revision.applied
    expect((await history()).slice(0, 2)).toMatchObject([
      { trigger: 'image', revision },
      { trigger: 'commit' },
    ])
  })

  test('that proves bad under its old tag is rolled back to the bytes that were healthy', async () => {
    await push(APP, 'four', { variables: ['START=fail'] })
    const revision = await host.commit({ 'README.md': 'still nothing of the stack' })
    const status = await host.until(hasOutcome('rolledBack', revision, 'shop'))
    expect(condition(status, 'Stalled', 'shop')).toMatchObject({ reason: 'RevisionIsBad' })
    await serves('three')
    expect((await history()).slice(0, 2)).toMatchObject([
      { direction: 'back' },
      { trigger: 'image', revision },
    ])
  })

  test('is deployed without its registry, and status says what could not be looked up', async () => {
    await stopRegistry(OPEN)
    const last = compose('pull_policy: always', 'environment: {LAST: "1"}')
    const status = await deployed({ 'shop/compose.yaml': last })
    expect(await Promise.all(tasksOf(status, 'shop').map((task) => messageIn(task.pid ?? 0)))).toEqual([
      'three',
    ])
    expect(stackOf(status, 'shop').problems).toEqual([
      expect.stringMatching(
        /^services\.web\.image: .*team\/app:1 could not be looked up .*connection refused/,
      ),
    ])
  })

  test('that needs credentials says so until they are there, and takes them without a restart', async () => {
    await host.commit({ 'shop/compose.yaml': compose().replace(APP, `${LOCKED}/team/app:1`) })
    const refused = await host.until((status) => tasksOf(status, 'shop').some(({ error }) => error !== null))
    const said = tasksOf(refused, 'shop').find(({ error }) => error !== null)?.error
    expect(said).toMatchObject({
      code: 'IMAGE_PULL_FAILED',
      message: expect.stringMatching(/^127\.0\.0\.1:5001 does not let/),
    })

    const auth = Buffer.from(`${DEPLOYER.name}:${DEPLOYER.password}`).toString('base64')
    await writeFile(join(host.state, 'auth.json'), JSON.stringify({ auths: { [LOCKED]: { auth } } }))
    await serves('secret')
    const everything = `${await host.said()} ${await host.redis('KEYS', '*')} ${JSON.stringify(await host.status())}`
    expect(everything).not.toContain(DEPLOYER.password)
    await rm(join(host.state, 'auth.json'))
  })
})

function compose(...more: string[]): string {
  const lines = [`image: ${APP}`, 'ports: ["8080:8080"]', QUICK, HEALTHCHECK, ...more].map(
    (line) => `    ${line}\n`,
  )
  return `services:\n  web:\n${lines.join('')}`
}

/** Pushes an image whose server says `message`, and leaves nothing of it in the host's storage. */
async function push(
  reference: string,
  message: string,
  { filler = '', variables = [] }: { filler?: string; variables?: string[] } = {},
): Promise<void> {
  const container = (await host.run('buildah', 'from', '--pull-never', TEST_IMAGE)).trim()
  const environment = [`MESSAGE=${message}`, ...variables].flatMap((each) => ['--env', each])
  await host.run('buildah', 'config', ...environment, container)
  if (filler !== '') {
    const file = join(host.folder, 'filler')
    await writeFile(file, filler)
    await host.run('buildah', 'copy', '--quiet', container, file, '/filler')
  }
  const id = (await host.run('buildah', 'commit', '--quiet', '--rm', container, 'localhost/pushed:1')).trim()
  const creds = `${DEPLOYER.name}:${DEPLOYER.password}`
  await host.run(
    'buildah',
    'push',
    '--quiet',
    '--creds',
    creds,
    'localhost/pushed:1',
    `docker://${reference}`,
  )
  await host.run('buildah', 'rmi', '--force', id)
}

/** A certificate that only who trusts it as an authority accepts, which the host does for this registry. */
async function ownAuthority(name: string): Promise<{ certificate: string; key: string }> {
  const folder = join(host.folder, 'containers/certs.d', name)
  await mkdir(folder, { recursive: true })
  const [certificate, key] = [join(folder, 'ca.crt'), join(host.folder, 'registry.key')]
  await host.run(
    ...['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=registry'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  )
  return { certificate, key }
}

function start(name: string, argv: string[]): void {
  const [file = '', ...args] = host.enter(argv)
  registries.set(name, spawn(file, args, { stdio: 'ignore' }))
}

async function startRegistry(
  name: string,
  options: Parameters<typeof prepareRegistry>[2] = {},
): Promise<void> {
  const config = await prepareRegistry(join(host.folder, `registry-${name.slice(-4)}`), name, options)
  start(name, ['docker-registry', 'serve', config])
  const connect = `exec 3<>/dev/tcp/${name.replace(':', '/')}`
  const answers = () =>
    host.run('bash', '-c', connect).then(
      () => true,
      () => false,
    )
  while (!(await answers())); // it says nothing when it is ready
}

async function stopRegistry(name: string): Promise<void> {
  const child = registries.get(name)
  registries.delete(name)
  if (child === undefined) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Newest first. */
async function history(): Promise<HistoryEntry[]> {
  const { json } = await host.setpoint('history', 'shop', '--output', 'json')
  return (json as HistoryDocument).entries
}

/** Makes the last look of the registry an earlier one in what the controller remembers; gives the stack's revision. */
async function lookedUp(at: Date): Promise<string> {
  const file = join(host.state, 'controller/stacks/shop.json')
  const record = JSON.parse(await readFile(file, 'utf8')) as StackRecord
  const revisions = [record.accepted, record.healthy, ...record.previous]
  for (const revision of revisions) {
    if (revision?.spec.pinned) revision.spec.pinned.at = { [APP]: at.toISOString() }
  }
  await writeFile(file, JSON.stringify(record))
  return record.accepted?.revision ?? ''
}

/** Empty as long as the stack is not known. */
function stackTasks(status: StatusDocument, stack: string) {
  return status.stacks.some(({ name }) => name === stack) ? tasksOf(status, stack) : []
}

async function serves(message: string): Promise<void> {
  await host.untilHttp(8080, ({ body }) => body.trim() === message, 30_000)
}

/** The environment that the image has given to a process, as the kernel has it. */
async function messageIn(pid: number): Promise<string | undefined> {
  const environment = await host.run('cat', `/proc/${pid}/environ`)
  return /(?:^|\0)MESSAGE=([^\0]*)/.exec(environment)?.[1]
}

async function deployed(files: Record<string, string>): Promise<StatusDocument> {
  return host.until(isConverged(await host.commit(files), 'shop'))
}
