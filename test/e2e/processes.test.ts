import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startHost, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { appService, compose, isConverged } from '../support/stacks.ts'

const PASSWORD = 'open sesame'
const REDIS = `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:6379`

let host: TestHost
const running: ChildProcess[] = []

beforeAll(async () => {
  host = await startHost({ start: false, files: { 'web/compose.yaml': web('one') } })
})
afterEach(async () => {
  for (const child of running.splice(0).reverse()) await end(child)
})
afterAll(() => host?.destroy())

it('controller and agent run as processes of their own, against a given Redis with a password', async () => {
  run(['redis-server', '--port', '6379', '--save', '', '--requirepass', PASSWORD], {})
  const controller = node(['scripts/setpoint.mjs', 'controller', '--state', host.state, '--redis', REDIS], {
    SETPOINT_SOURCES: host.repository.path,
  })
  const key = join(host.state, 'controller', 'controller.pub')
  await until(() => existsSync(key))
  const pinned = join(host.folder, 'controller.pub')
  cpSync(key, pinned)
  const log = join(host.state, 'logs', 'agent.log')
  const agent = node(
    [
      'scripts/setpoint-agent.mjs',
      '--host',
      'alpha',
      '--label',
      'rack=7',
      '--controller-key',
      pinned,
      '--log-file',
      log,
    ],
    { SETPOINT_REDIS: REDIS },
  )

  const status = await host.until(isConverged())
  expect(status.hosts).toMatchObject([{ name: 'alpha', state: 'ready', labels: { rack: '7' } }])
  expect((await host.http(8080)).body).toBe('one\n')

  await host.commit({ 'web/compose.yaml': web('two') })
  await host.untilHttp(8080, ({ body }) => body === 'two\n')
  for (const child of [agent, controller]) {
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  }
  expect((await host.http(8080)).body).toBe('two\n')
})

it('an agent that was run alone takes its tasks down by itself', async () => {
  await host.run(process.execPath, join(ROOT, 'scripts', 'setpoint-agent.mjs'), '--down', '--volumes')
  await expect(host.http(8080)).rejects.toThrow()
})

function web(message: string): string {
  return compose(appService('app', { message, port: 8080 }))
}

function node([script = '', ...args]: string[], env: NodeJS.ProcessEnv): ChildProcess {
  return run([process.execPath, join(ROOT, script), ...args], env)
}

function run(argv: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const [file = '', ...args] = host.enter(argv)
  const child = spawn(file, args, { env: { ...host.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] })
  running.push(child)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

async function until(isSo: () => boolean): Promise<void> {
  const end = Date.now() + 20_000
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`not within 20 s: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
