import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHost, type TestHost } from '../support/host.ts'
import { appService, compose, isConverged, stackOf } from '../support/stacks.ts'

let host: TestHost

const FILE = `${compose(
  appService('front', { lines: ['networks: [a, b]', 'links: ["api:backend"]'] }),
  appService('api', { replicas: 2, lines: ['networks: {a: {aliases: [api.example.test]}}'] }),
  appService('db', {
    replicas: 2,
    lines: ['networks: {b: {aliases: [store]}}'],
    deploy: ['endpoint_mode: vip'],
  }),
  appService('lonely', { lines: ['networks: [c]'] }),
)}networks: {a: , b: , c: }\n`

beforeAll(async () => {
  host = await startHost({ files: { 'web/compose.yaml': FILE } })
  await host.until(isConverged())
})
afterAll(() => host?.destroy())

async function task(service: string, slot = 1) {
  const found = stackOf(await host.status()).services.find(({ name }) => name === service)
  const one = found?.tasks.find((candidate) => candidate.slot === slot)
  if (one?.pid == null) throw new Error(`${service}.${slot} does not run`)
  return { ...one, pid: one.pid }
}

/** Runs a command in a task, as a program of it would. */
async function inside(service: string, argv: string[], slot = 1): Promise<string> {
  const { pid } = await task(service, slot)
  return host.run('nsenter', `--target=${pid}`, '--net', '--mount', '--', ...argv)
}

/** What a program in a task is told of a name. */
async function lookUp(service: string, name: string): Promise<string[]> {
  const said = await inside(service, ['/bin/nslookup', '-type=a', name]).catch(() => '')
  const answer = said.split('\n\n').slice(1).join('\n')
  return [...answer.matchAll(/Address: (\S+)/g)].map((match) => match[1] ?? '').sort()
}

async function addressOf(service: string, slot = 1): Promise<string> {
  return (await task(service, slot)).addresses[0] ?? ''
}

it('finds a service by its name, its aliases, its slots and tasks.NAME', async () => {
  const both = [await addressOf('api', 1), await addressOf('api', 2)].sort()
  for (const name of ['api', 'api.example.test', 'backend', 'tasks.api']) {
    await expect.poll(() => lookUp('front', name)).toEqual(both)
  }
  expect(await lookUp('front', 'api.2')).toEqual([await addressOf('api', 2)])
  const reverse = await inside('front', ['/bin/nslookup', await addressOf('api', 2)])
  expect(reverse).toContain('name = api.2')
})

it('finds it from its own networks alone', async () => {
  for (const name of ['api', 'tasks.api', 'api.1', 'backend'])
    expect(await lookUp('lonely', name)).toEqual([])
  expect(await lookUp('api', 'db')).toEqual([])
  expect(await lookUp('lonely', 'lonely')).toHaveLength(1)
})

it('gives a service with a vip one address, and leads what comes there to the tasks that serve', async () => {
  const [vip, ...more] = await lookUp('front', 'db')
  const tasks = [await addressOf('db', 1), await addressOf('db', 2)].sort()
  expect(more).toEqual([])
  expect(tasks).not.toContain(vip)
  expect(await lookUp('front', 'store')).toEqual([vip])
  expect(await lookUp('front', 'tasks.db')).toEqual(tasks)
  expect(await inside('front', ['/bin/wget', '-qO-', `http://${vip}:8080/`])).toBe('one\n')
  const rules = await host.run('nft', 'list', 'ruleset')
  expect(rules).toContain(
    `ip daddr ${vip} dnat ip to numgen random mod 2 map { 0 : ${tasks[0]}, 1 : ${tasks[1]} }`,
  )

  await inside('db', ['/bin/touch', '/tmp/unhealthy'], 1)
  await expect
    .poll(() => lookUp('front', 'tasks.db'), { timeout: 10_000 })
    .toEqual([await addressOf('db', 2)])
  expect(await lookUp('front', 'db')).toEqual([vip])
  for (let n = 0; n < 4; n++) {
    expect(await inside('front', ['/bin/wget', '-qO-', `http://${vip}:8080/hostname`])).toBe('db-2\n')
  }
})

it('takes a task out that is not healthy until it is again, and knows nothing of a service of which none is', async () => {
  const [sickOne, wellOne] = [await addressOf('api', 1), await addressOf('api', 2)]
  await inside('api', ['/bin/touch', '/tmp/unhealthy'], 1)
  await expect.poll(() => lookUp('front', 'api'), { timeout: 10_000 }).toEqual([wellOne])
  const heal = () => inside('api', ['/bin/rm', '-f', '/tmp/unhealthy'], 1).catch(() => {}) // it is started again meanwhile
  await expect
    .poll(() => heal().then(() => lookUp('front', 'api')), { timeout: 30_000 })
    .toEqual([sickOne, wellOne].sort())
  const sick = compose(appService('api', { environment: { HEALTH: 'fail' }, lines: ['networks: [d]'] }))
  const asks = appService('asks', { lines: ['networks: [d]'] })
  await host.commit({ 'sick/compose.yaml': `${sick}${asks}networks: {d: }\n` })
  const status = await host.until((now) =>
    now.stacks.some(({ name, services }) => name === 'sick' && services.some((one) => one.healthy === 1)),
  )
  const pid = stackOf(status, 'sick').services.find(({ name }) => name === 'asks')?.tasks[0]?.pid
  const said = await host.run(
    'nsenter',
    `--target=${pid}`,
    '--net',
    '--mount',
    '--',
    '/bin/sh',
    '-c',
    'nslookup api; true',
  )
  expect(said).toContain("can't find api: NXDOMAIN")
})
