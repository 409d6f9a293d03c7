import type { StackStatus, StatusDocument, TaskView } from '../../schemas/status.ts'
import { TEST_IMAGE } from './host.ts'

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
    '      retries: 2',
    '    stop_grace_period: 2s',
    ...lines.map((line) => `    ${line}`),
    '    deploy:',
    `      replicas: ${replicas}`,
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
