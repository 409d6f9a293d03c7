import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { isConverged } from '../support/stacks.ts'
import type { Measured } from './measure.ts'
import { busy } from './process.ts'

const TASKS = 100
const INTERVAL = 5

/** What it costs an agent to ask 100 tasks by http how they are, and what it costs without asking. */
export async function benchHealth(): Promise<Measured[]> {
  const host = await startHost({
    files: { 'web/compose.yaml': compose(false) },
    args: ['--log-level', 'warn'],
  })
  try {
    const quiet = await share(host)
    await host.commit({ 'web/compose.yaml': compose(true) })
    const asking = await share(host)
    return [
      {
        name: `agent with ${TASKS} tasks probed by http every ${INTERVAL} s: share of a core`,
        value: asking * 100,
        unit: '%',
        limit: 10,
        note: `${(quiet * 100).toFixed(2)} % without probes`,
      },
      {
        name: 'a probe by http: CPU of the agent',
        value: ((asking - quiet) / (TASKS / INTERVAL)) * 1000,
        unit: 'ms',
        limit: 2,
        note: 'what the probes add, by their number',
      },
    ]
  } finally {
    await host.destroy()
  }
}

function compose(isProbed: boolean): string {
  const probe = `{http: {port: 8080}, interval: ${INTERVAL}s}`
  return `services:
  app:
    image: ${TEST_IMAGE}
    stop_grace_period: 0s
    x-setpoint: ${isProbed ? `{healthcheck: ${probe}}` : '{}'}
    deploy: {replicas: ${TASKS}, update_config: {parallelism: 0}}
`
}

async function share(host: TestHost): Promise<number> {
  const revision = await host.repository.git('rev-parse', 'HEAD')
  await host.until(isConverged(revision), 120_000)
  const { agent } = await host.pids()
  if (agent === undefined) throw new Error('the agent is gone')
  return busy(host, agent)
}
