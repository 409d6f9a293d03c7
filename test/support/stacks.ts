import type { StackStatus, StatusDocument, TaskView } from '../../schemas/status.ts'
import { TEST_IMAGE } from './host.ts'

/** Health tells here whether a rollout went well, so that no more time has to pass. */
const QUICK = '      update_config: {monitor: 500ms}'

interface AppOptions {
  message?: string
  replicas?: number
  /** Published on the host; none when absent. */
  port?: number
  environment?: Record<string, string>
  /** Lines of compose for the service, e.g. `stop_signal: SIGINT`. */
  lines?: string[]
  /** Lines for `deploy`. */
  deploy?: string[]
}

/** A compose service of the test image that serves MESSAGE on 8080, with a quick healthcheck. */
export function appService(
  name: string,
  { message = 'one', replicas = 1, port, environment = {}, lines = [], deploy = [] }: AppOptions = {},
): string {
  const variables = Object.entries({ MESSAGE: message, ...environment }).map(
    ([key, value]) => `      ${key}: "${value}"`,
  )
  return [
    `  ${name}:`,
    `    image: ${TEST_IMAGE}`,
    '    environment:',
    ...variables,
    ...(port === undefined ? [] : ['    ports:', `      - "${port}:8080"`]),
    '    healthcheck:',
    '      test: [CMD, /bin/healthy]',
    '      interval: 500ms',
    '      retries: 3',
    '    stop_grace_period: 2s',
    ...lines.map((line) => `    ${line}`),
    '    deploy:',
    `      replicas: ${replicas}`,
    ...(deploy.some((line) => line.startsWith('update_config')) ? [] : [QUICK]),
    ...deploy.map((line) => `      ${line}`),
    '',
  ].join('\n')
}

export function compose(...services: string[]): string {
  return `services:\n${services.join('')}`
}

export function stackOf(status: StatusDocument, name = 'web'): StackStatus {
  const stack = status.stacks.find((one) => one.name === name)
  if (stack === undefined) throw new Error(`status has no stack ${name}`)
  return stack
}

export function tasksOf(status: StatusDocument, stack = 'web'): TaskView[] {
  return stackOf(status, stack).services.flatMap((service) => service.tasks)
}

export function pidsOf(status: StatusDocument, stack = 'web'): (number | null)[] {
  return tasksOf(status, stack)
    .map((task) => task.pid)
    .sort()
}

/** The process of each service's first task; 0 where none runs. */
export function pidsByService(status: StatusDocument, stack = 'web'): Record<string, number> {
  const services = stackOf(status, stack).services
  return Object.fromEntries(services.map(({ name, tasks }) => [name, tasks[0]?.pid ?? 0]))
}

/** To signal 0 would be to signal the tests. */
export function runningPid(pid: number | undefined): number {
  if (!pid) throw new Error('the task does not run')
  return pid
}

/** True once the stack is converged, at the revision if one is given. */
export function isConverged(revision?: string, name = 'web'): (status: StatusDocument) => boolean {
  return hasOutcome('converged', revision, name)
}

export function hasOutcome(
  outcome: StackStatus['outcome'],
  revision?: string,
  name = 'web',
): (status: StatusDocument) => boolean {
  return (status) => {
    const stack = status.stacks.find((one) => one.name === name)
    return stack?.outcome === outcome && (revision === undefined || stack.revision.attempted === revision)
  }
}

export function condition(status: StatusDocument, type: string, name = 'web') {
  return stackOf(status, name).conditions.find((one) => one.type === type)
}
