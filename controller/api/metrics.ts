import type { StatsDocument, StatusDocument, TaskView } from '../../schemas/status.ts'

type Labels = Record<string, string | number>
type Sample = [labels: Labels, value: number | undefined]

interface Metric {
  name: string
  type: 'gauge' | 'counter'
  help: string
  samples: Sample[]
}

/**
 * The fleet for Prometheus, in its text format 0.0.4: so little of it that a client library would be more than this.
 * A value that nobody knows has no line.
 */
export function metricsText(status: StatusDocument, stats: StatsDocument): string {
  const metrics = [
    ...stackMetrics(status),
    ...taskMetrics(status),
    ...usageMetrics(stats),
    ...hostMetrics(status),
  ]
  return metrics.map(metricText).join('')
}

function stackMetrics({ stacks, controller }: StatusDocument): Metric[] {
  const services = stacks.flatMap(({ name, services }) =>
    services.map((service) => ({ ...service, labels: { stack: name, service: service.name } })),
  )
  const ready = stacks.map(({ name, conditions }): Sample => {
    const condition = conditions.find(({ type }) => type === 'Ready')
    return [{ stack: name }, condition?.status === 'True' ? 1 : 0]
  })
  return [
    gauge('setpoint_leader', 'Whether this controller leads.', [[{}, controller.leads ? 1 : 0]]),
    gauge('setpoint_stack_ready', 'Whether the condition Ready of a stack is True.', ready),
    gauge(
      'setpoint_service_tasks_desired',
      'Tasks that a service should have.',
      services.map(({ labels, desired }) => [labels, desired]),
    ),
    gauge(
      'setpoint_service_tasks_running',
      'Tasks of a service that run.',
      services.map(({ labels, running }) => [labels, running]),
    ),
    gauge(
      'setpoint_service_tasks_healthy',
      'Tasks of a service that serve.',
      services.map(({ labels, healthy }) => [labels, healthy]),
    ),
  ]
}

function taskMetrics({ stacks }: StatusDocument): Metric[] {
  const tasks = stacks.flatMap(({ name, services }) =>
    services.flatMap((service) =>
      service.tasks.map((task) => ({ ...task, labels: labelsOf(name, service.name, task) })),
    ),
  )
  return [
    gauge(
      'setpoint_task_state',
      'The state that a task is in.',
      tasks.map(({ labels, state, health }) => [{ ...labels, state, health }, 1]),
    ),
    counter(
      'setpoint_task_restarts_total',
      'Runs of a task that failed.',
      tasks.map(({ labels, restarts }) => [labels, restarts]),
    ),
  ]
}

function labelsOf(
  stack: string,
  service: string,
  { slot, id, host }: Pick<TaskView, 'slot' | 'id' | 'host'>,
): Labels {
  return { stack, service, slot, task: id, host }
}

function usageMetrics({ tasks }: StatsDocument): Metric[] {
  const each = (value: (usage: StatsDocument['tasks'][number]['usage']) => number | undefined) =>
    tasks.map((task): Sample => [labelsOf(task.stack, task.service, task), value(task.usage)])
  const pressure = tasks.flatMap((task) =>
    Object.entries(task.usage.pressure ?? {}).map(
      ([resource, value]): Sample => [{ ...labelsOf(task.stack, task.service, task), resource }, value],
    ),
  )
  return [
    counter(
      'setpoint_task_cpu_seconds_total',
      'Core time that a task has used.',
      each((usage) => usage.cpuSeconds),
    ),
    gauge(
      'setpoint_task_memory_bytes',
      'Memory of a task without what the kernel could drop at once.',
      each((usage) => usage.memory),
    ),
    gauge(
      'setpoint_task_memory_limit_bytes',
      'The most memory that a task may use.',
      each((usage) => usage.memoryLimit),
    ),
    gauge(
      'setpoint_task_processes',
      'Processes and threads of a task.',
      each((usage) => usage.pids),
    ),
    counter(
      'setpoint_task_read_bytes_total',
      'Bytes that a task has read from block devices.',
      each((usage) => usage.read),
    ),
    counter(
      'setpoint_task_written_bytes_total',
      'Bytes that a task has written to block devices.',
      each((usage) => usage.written),
    ),
    counter(
      'setpoint_task_network_received_bytes_total',
      'Bytes that a task has received.',
      each((usage) => usage.received),
    ),
    counter(
      'setpoint_task_network_sent_bytes_total',
      'Bytes that a task has sent.',
      each((usage) => usage.sent),
    ),
    gauge(
      'setpoint_task_pressure_ratio',
      'The share of the last ten seconds in which a task waited for a resource.',
      pressure,
    ),
  ]
}

function hostMetrics({ hosts }: StatusDocument): Metric[] {
  return [
    gauge(
      'setpoint_host_up',
      'Whether a host reports.',
      hosts.map(({ name, state }) => [{ host: name }, state === 'ready' ? 1 : 0]),
    ),
    gauge(
      'setpoint_host_cpus',
      'Cores of a host.',
      hosts.map(({ name, resources }) => [{ host: name }, resources.cpus]),
    ),
    gauge(
      'setpoint_host_memory_bytes',
      'Memory of a host.',
      hosts.map(({ name, resources }) => [{ host: name }, resources.memory]),
    ),
  ]
}

const gauge = (name: string, help: string, samples: Sample[]): Metric => ({
  name,
  type: 'gauge',
  help,
  samples,
})
const counter = (name: string, help: string, samples: Sample[]): Metric => ({
  name,
  type: 'counter',
  help,
  samples,
})

function metricText({ name, type, help, samples }: Metric): string {
  const lines = samples.flatMap(([labels, value]) =>
    value === undefined ? [] : [`${name}${labelText(labels)} ${value}\n`],
  )
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))
}
