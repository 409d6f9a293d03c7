import { TEST_IMAGE } from '../support/host.ts'
import type { Files } from '../support/host-repository.ts'
import type { Random } from './random.ts'

/** What commits change of a service. */
export interface Service {
  name: string
  stack: string
  /** Another one replaces the tasks. */
  version: number
  replicas: number
  /** Published on the host, by one service at a time. */
  port?: number | undefined
  order: 'stop-first' | 'start-first'
  parallelism: number
  isChecked: boolean
  /** Seconds; from two on the stop signal is one that nothing heeds. */
  grace: number
}

export const STACKS = ['left', 'right']
const PORTS = [8080, 8081, 8082]
const MOST_SERVICES = 4

export const FIRST_SERVICES: Service[] = [
  { ...aService('first', 'left'), replicas: 2, port: 8080, isChecked: true },
  { ...aService('second', 'left'), order: 'start-first', parallelism: 0, grace: 0 },
  { ...aService('third', 'right'), replicas: 2, port: 8081, order: 'start-first', isChecked: true, grace: 3 },
]

function aService(name: string, stack: string): Service {
  const rest = { version: 1, replicas: 1, parallelism: 1, isChecked: false, grace: 1 }
  return { name, stack, order: 'stop-first', ...rest }
}

/** One change more, in words too. Every one is of a kind that people make, and good. */
export function edited(services: Service[], random: Random): { words: string; services: Service[] } {
  const one = random.pick(services)
  const free = PORTS.find((port) => !services.some((service) => service.port === port))
  const as = (change: Partial<Service>, words: string) => ({
    words: `${one.name} ${words}`,
    services: services.map((service) => (service === one ? { ...one, ...change } : service)),
  })
  switch (random.below(10)) {
    case 0:
      return as({ version: one.version + 1 }, 'anew')
    case 1:
      return as({ replicas: 1 + random.below(3) }, 'scaled')
    case 2:
      return as({ name: another(services, one.name) }, 'renamed')
    case 3:
      return as({ stack: STACKS.find((stack) => stack !== one.stack) ?? one.stack }, 'to the other stack')
    case 4:
      return as({ order: one.order === 'stop-first' ? 'start-first' : 'stop-first' }, 'in another order')
    case 5:
      return as({ isChecked: !one.isChecked }, 'with or without a healthcheck')
    case 6:
      return as({ port: free ?? one.port }, 'on a free port')
    case 7:
      return swapped(services, one, random.pick(services))
    case 8:
      return services.length > 2
        ? { words: `${one.name} gone`, services: services.filter((service) => service !== one) }
        : as({ grace: random.below(4) }, 'with another grace period')
    default:
      return services.length < MOST_SERVICES
        ? {
            words: 'one more',
            services: [...services, { ...aService(another(services, 'more'), 'left'), port: free }],
          }
        : as({ parallelism: random.below(3) }, 'in other batches')
  }
}

/** `one` has the port that `other` had, and the other way round. */
function swapped(services: Service[], one: Service, other: Service) {
  const ports = new Map([
    [one, other.port],
    [other, one.port],
  ])
  return {
    words: `${one.name} on the port of ${other.name}`,
    services: services.map((service) =>
      ports.has(service) ? { ...service, port: ports.get(service) } : service,
    ),
  }
}

/** A name that no service has. */
function another(services: Service[], name: string): string {
  const [base = name, number = '1'] = name.split('-')
  const next = `${base}-${Number(number) + 1}`
  return services.some((service) => service.name === next) ? another(services, next) : next
}

/** The files of both stacks; in each a service stays that nothing changes, so that none goes with its last one. */
export function serviceFiles(services: Service[]): Files {
  const file = (stack: string) => {
    const lines = services.filter((service) => service.stack === stack).map(serviceLine)
    return `services:\n  stays: {image: ${TEST_IMAGE}, stop_grace_period: 0s}\n${lines.join('')}`
  }
  return Object.fromEntries(STACKS.map((stack) => [`${stack}/compose.yaml`, file(stack)]))
}

function serviceLine(service: Service): string {
  const { name, version, replicas, port, order, parallelism, isChecked, grace } = service
  const monitor = `${100 + 900 * (version % 3)}ms`
  const keys = [
    `image: ${TEST_IMAGE}`,
    `environment: {MESSAGE: ${name} ${version}}`,
    `stop_grace_period: ${grace}s`,
    ...(grace > 1 ? ['stop_signal: SIGURG'] : []),
    ...(port === undefined ? [] : [`ports: ['${port}:8080']`]),
    ...(isChecked ? ['healthcheck: {test: [CMD, /bin/healthy], interval: 300ms}'] : []),
    `deploy: {replicas: ${replicas}, update_config: {order: ${order}, parallelism: ${parallelism}, monitor: ${monitor}}}`,
  ]
  return `  ${name}: {${keys.join(', ')}}\n`
}
