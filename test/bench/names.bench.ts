import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { StatusDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { isConverged, stackOf } from '../support/stacks.ts'
import { type Measured, median } from './measure.ts'

const CHANGES = 30
const OTHERS = 99
const LIMIT = 200
/** Milliseconds between two looks at what has happened, and until it should have. */
const LOOK = 10
const ANSWERED_WITHIN = 30_000

/** From the moment at which a probe finds another health until a task of the network is told so, by the clock of the kernel. */
export async function benchNames(): Promise<Measured[]> {
  const host = await startHost({
    files: { 'web/compose.yaml': compose(0) },
    args: ['--log-level', 'warn'],
  })
  try {
    const folder = `/proc/${await pidOf(host, 'asks')}/root/seen`
    await writeFile(join(folder, 'ok'), '')
    await host.until(isConverged())
    const alone = await delays(folder)
    await host.until(isConverged(await host.commit({ 'web/compose.yaml': compose(OTHERS) })), 120_000)
    const among = await delays(folder)
    return [row('a task', alone), row('a task among 100', among)]
  } finally {
    await host.destroy()
  }
}

function row(what: string, times: number[]): Measured {
  const note = `the slowest of ${times.length} changes; median ${median(times).toFixed(0)} ms, to 10 ms`
  const name = `names: a change of health of ${what} until another task is told`
  return { name, value: Math.max(...times), unit: 'ms', limit: LIMIT, note }
}

/** Says when the health becomes another: what it is depends on a file. In memory: a disk that stalls would hold up the probe. */
const PROBE = `s=bad; [ -e /seen/ok ] && s=ok
if [ "$(cat /seen/last 2>/dev/null)" != $s ]; then read t rest < /proc/uptime; echo $s > /seen/last; echo $t $s >> /seen/changes; fi
[ $s = ok ]`

/** Says when the answer becomes another. */
const ASK = `l=bad; while usleep 2000; do
s=bad; nslookup -type=a app > /dev/null 2>&1 && s=ok
[ $s = $l ] || { read t rest < /proc/uptime; l=$s; echo $t $s >> /seen/answers; }; done`

function compose(others: number): string {
  const shell = (script: string) => JSON.stringify(['/bin/sh', '-c', script.replaceAll('$', '$$$$')])
  const probe = JSON.stringify(['CMD', ...JSON.parse(shell(PROBE))])
  const common = `image: ${TEST_IMAGE}, stop_grace_period: 0s`
  const times = 'interval: 100ms, start_interval: 100ms, start_period: 1h, retries: 1'
  return `services:
  app:
    {${common}, volumes: ["seen:/seen"], healthcheck: {test: ${probe}, ${times}}, deploy: {restart_policy: {delay: 50ms}}}
  asks:
    {${common}, volumes: ["seen:/seen"], command: ${shell(ASK)}}
  others:
    {${common}, deploy: {replicas: ${others}, update_config: {parallelism: 0}}}
volumes: {seen: {driver_opts: {type: tmpfs, device: tmpfs}}}
`
}

/** A process of the service as soon as there is one. */
async function pidOf(host: TestHost, service: string): Promise<number> {
  const find = (status: StatusDocument) =>
    stackOf(status).services.find(({ name }) => name === service)?.tasks[0]?.pid ?? 0
  return find(await host.until((status) => status.stacks.length > 0 && find(status) > 0))
}

/** Milliseconds for each change, there and back. @param folder what both services have mounted */
async function delays(folder: string): Promise<number[]> {
  const [ok, changes, answers] = ['ok', 'changes', 'answers'].map((name) => join(folder, name)) as Paths
  const begun = [await timesIn(changes), await timesIn(answers)].map(({ length }) => length)
  for (let count = 1; count <= CHANGES; count++) {
    if (count % 2 === 1) await rm(ok)
    else await writeFile(ok, '')
    await untilAnswered(answers, (begun[1] ?? 0) + count)
  }
  const from = (await timesIn(changes)).slice(begun[0])
  const to = (await timesIn(answers)).slice(begun[1])
  if (from.length !== CHANGES || to.length !== CHANGES) throw new Error('the health changed by itself')
  return to.map((at, index) => Math.round((at - (from[index] ?? 0)) * 1000))
}

type Paths = [string, string, string]

async function untilAnswered(answers: string, count: number): Promise<void> {
  const end = Date.now() + ANSWERED_WITHIN
  while ((await timesIn(answers)).length < count) {
    if (Date.now() > end) throw new Error(`a change of health was not answered within ${ANSWERED_WITHIN} ms`)
    await pause(LOOK)
  }
}

/** Seconds since the machine was started, a line each. */
async function timesIn(file: string): Promise<number[]> {
  const text = await readFile(file, 'utf8').catch(() => '') // nothing has happened yet
  return text.split('\n').filter(Boolean).map(Number.parseFloat)
}
