import { execFile } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { type SecondAgent, secondAgent } from '../support/second-agent.ts'
import { isConverged, tasksOf } from '../support/stacks.ts'

let host: TestHost
let second: SecondAgent

/** Without a network: two agents on one machine would have to agree on their subnets. */
const stack = (deploy: string) => `services:
  app:
    image: ${TEST_IMAGE}
    stop_grace_period: 1s
    deploy: ${deploy}
    network_mode: none
    secrets: [key]
secrets: {key: {external: true, name: key}}
`

beforeAll(async () => {
  host = await startHost()
  second = await secondAgent(host)
  await second.start()
  await setSecret('key', 'for one')
})
afterAll(async () => {
  await second?.destroy()
  await host?.destroy()
})

it('sends a secret to the host that runs the task, and to no other', async () => {
  await host.until(
    isConverged(await host.commit({ 'one/compose.yaml': stack('{replicas: 1}') }), 'one'),
    60_000,
  )
  const [task] = tasksOf(await host.status(), 'one')
  expect(await readFile(`/proc/${task?.pid}/root/run/secrets/key`, 'utf8')).toBe('for one')
  const folders: Record<string, string> = { vm: join(host.state, 'agent'), second: second.state }
  for (const [name, folder] of Object.entries(folders)) {
    const kept = await readdir(join(folder, 'secrets')).catch(() => [])
    expect(kept.length, name).toBe(name === task?.host ? 1 : 0)
  }
  const keys = (await host.redis('KEYS', 'setpoint:sealed:*')).split('\n').filter(Boolean)
  expect(keys).toEqual([expect.stringContaining(`setpoint:sealed:${task?.host}:`)])
})

it('sends none to a host whose key has changed, until somebody trusts the new one', async () => {
  await second.stop()
  for (const name of ['host.key', 'host.pub']) await rm(join(second.state, name))
  await second.start('changed')
  const shown = await host.setpoint('hosts')
  expect(shown.stdout).toContain('setpoint hosts trust second')
  await host.commit({ 'all/compose.yaml': stack('{mode: global}') })
  const failed = await host.until((now) => JSON.stringify(now.stacks).includes('HOST_KEY_CHANGED'), 60_000)
  const running = tasksOf(failed, 'all').filter(({ state }) => state === 'running')
  expect(running.map((task) => task.host)).not.toContain('second')

  expect((await host.setpoint('hosts', 'trust', 'second')).code).toBe(0)
  const trusted = await host.until(
    (now) => tasksOf(now, 'all').filter(({ state }) => state === 'running').length === 2,
    60_000,
  )
  expect(trusted.hosts.map(({ key }) => key.state)).toEqual(['pinned', 'pinned'])
  for (const { pid } of tasksOf(trusted, 'all'))
    expect(await readFile(`/proc/${pid}/root/run/secrets/key`, 'utf8')).toBe('for one')
})

async function setSecret(name: string, text: string): Promise<void> {
  const script = join(ROOT, 'scripts', 'setpoint.mjs')
  const [file = '', ...argv] = host.enter([process.execPath, script, 'secret', 'set', name])
  await new Promise<void>((resolve, reject) => {
    const child = execFile(file, argv, { env: host.env, timeout: 30_000 }, (error) =>
      error ? reject(error) : resolve(),
    )
    child.stdin?.end(text)
  })
}
