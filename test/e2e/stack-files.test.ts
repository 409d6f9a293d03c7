import { mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StatusDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { condition, isConverged, pidsOf, stackOf } from '../support/stacks.ts'

let host: TestHost
let settings: string

const FILES = {
  'common/base.yaml': `services:
  base:
    image: ${TEST_IMAGE}
    cap_drop: [ALL]
    working_dir: /tmp
    stop_grace_period: 1s
    environment: {FROM: base, LEVEL: base}
    healthcheck: {test: [CMD, /bin/healthy], interval: 500ms}
`,
  'shop/compose.yaml': `include:
  - stock.yaml
services:
  web:
    extends: {file: ../common/base.yaml, service: base}
    env_file: web.env
    environment:
      FROM: web
      MESSAGE: \${GREETING} from \${REGION} in \${SEASON}
    ports: ["8080:8080"]
  debugger:
    extends: {service: web}
    profiles: [debug]
    ports: !reset []
  loader:
    extends: {service: web}
    profiles: [load]
x-setpoint:
  variables: {REGION: the file, SEASON: winter}
`,
  'shop/compose.override.yaml': `services:
  web: {environment: {LEVEL: override}, stop_signal: SIGINT}
`,
  'shop/stock.yaml': `services:
  stock:
    extends: {file: ../common/base.yaml, service: base}
    environment: [FROM=stock]
`,
  'shop/.env': 'COMPOSE_PROFILES=debug\nGREETING=Hello\nREGION=nowhere\nSEASON=summer\n',
  'shop/web.env': 'ONLY=from web.env\nLEVEL=web.env\n',
}

beforeAll(async () => {
  settings = await mkdtemp(join(tmpdir(), 'setpoint-settings-'))
  await writeFile(join(settings, 'variables'), '# of this host\nREGION="the host"\n')
  host = await startHost({ files: FILES, args: ['--variables', join(settings, 'variables')] })
  await host.until(isConverged(undefined, 'shop'), 60_000)
})
afterAll(async () => {
  await host?.destroy()
  await rm(settings, { recursive: true })
})

it('runs what override, include, extends, env_file, profiles and variables come to', async () => {
  const status = await host.status()
  expect(Object.keys(byService(status))).toEqual(['debugger', 'stock', 'web'])
  expect((await host.untilHttp(8080)).body).toBe('Hello from the host in winter\n')

  const environment = { FROM: 'web', ONLY: 'from web.env', MESSAGE: 'Hello from the host in winter' }
  expect(await environmentOf('web')).toMatchObject({ ...environment, LEVEL: 'override' })
  expect(await environmentOf('debugger')).toMatchObject({ ...environment, LEVEL: 'base' })
  expect(await environmentOf('stock')).toMatchObject({ FROM: 'stock', LEVEL: 'base' })
  expect(await environmentOf('stock')).not.toHaveProperty('ONLY')

  const { stock } = byService(status)
  expect(await readlink(`/proc/${stock}/cwd`)).toBe('/tmp')
  expect(await readFile(`/proc/${stock}/status`, 'utf8')).toMatch(/^CapBnd:\t0+$/m)
})

it('replaces no task when only the writing of a file changes', async () => {
  const before = pidsOf(await host.status(), 'shop')
  const revision = await host.commit({
    'shop/stock.yaml': `# What there is to sell
services:
  stock:
    environment: {FROM: "stock"}
    extends:
      service: base
      file: ../common/base.yaml
`,
    'common/base.yaml': FILES['common/base.yaml'].replace('1s', '1000ms'),
    'shop/web.env': `# Of the web server\nLEVEL='web.env'\n\nONLY="from web.env"\n`,
  })
  const status = await host.until(isConverged(revision, 'shop'))
  expect(pidsOf(status, 'shop')).toEqual(before)
})

it('replaces the services that use an env_file when it changes, and no other', async () => {
  const before = byService(await host.status())
  const revision = await host.commit({ 'shop/web.env': 'ONLY=something else\n' })
  const after = byService(await host.until(isConverged(revision, 'shop')))
  expect(after.stock).toBe(before.stock)
  expect(after.web).not.toBe(before.web)
  expect(after.debugger).not.toBe(before.debugger)
  expect(await environmentOf('web')).toMatchObject({ ONLY: 'something else' })
})

it('keeps what runs when an included file has a typo, and tells where and what was meant', async () => {
  const before = pidsOf(await host.status(), 'shop')
  const revision = await host.commit({
    'shop/stock.yaml': FILES['shop/stock.yaml'].replace('environment', 'enviroment'),
    'shop/web.env': 'ONLY=never seen\n',
  })
  const status = await host.until(
    (now) => now.sources[0]?.revision === revision && stackOf(now, 'shop').problems.length > 0,
  )
  expect(pidsOf(status, 'shop')).toEqual(before)
  expect(condition(status, 'Stalled', 'shop')).toMatchObject({ reason: 'InvalidRevision' })
  const { stdout, code } = await host.setpoint('status', 'shop')
  expect(code).toBe(1)
  expect(stdout).toContain(
    'shop/stock.yaml:4:5 services.stock.enviroment: unknown key; did you mean environment?',
  )
})

/** The process of each service. */
function byService(status: StatusDocument): Record<string, number | null | undefined> {
  const { services } = stackOf(status, 'shop')
  return Object.fromEntries(services.map(({ name, tasks }) => [name, tasks[0]?.pid]))
}

/** What the program in the container of a service was started with. */
async function environmentOf(service: string): Promise<Record<string, string>> {
  const pid = byService(await host.status())[service]
  const pairs = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}
