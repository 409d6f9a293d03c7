import { DEFAULT_STATE } from '../schemas/defaults.ts'
import { shortRevision } from '../schemas/revision.ts'
import type { StackStatus, StatusDocument } from '../schemas/status.ts'

export interface Place {
  state: string
  repository: string
  url: string
  /** Path of the `setpoint` command. */
  cli: string
}

/** What runs where, and the URL that answered. */
export function whatRuns(
  { stacks, sources, hosts }: StatusDocument,
  fetched: { url: string; answer: string } | undefined | '',
): string[] {
  const failures = sources.flatMap(({ error }) =>
    error ? [`The repository cannot be used: ${error.message}`] : [],
  )
  const runtime = hosts[0]?.runtime
  return [
    '',
    ...failures,
    ...stacks.flatMap((stack) => stackLines(stack)),
    ...(runtime ? [`  on ${hosts.map(({ name }) => name).join(', ')} with ${runtime}`] : []),
    '',
    ...(fetched ? [`${fetched.url} answers: ${fetched.answer}`] : []),
  ]
}

function stackLines(stack: StackStatus): string[] {
  const tasks = stack.services.flatMap((service) =>
    service.tasks.map((task) => {
      const health = task.health === 'none' ? task.state : task.health
      return `  ${stack.name}/${service.name}.${task.slot}  ${health}  pid ${task.pid ?? '-'}  ${task.addresses.join(' ')}`
    }),
  )
  const revision = shortRevision(stack.revision.applied ?? stack.revision.attempted)
  const reason =
    stack.outcome === 'converged' ? [] : stack.conditions.slice(0, 1).map(({ message }) => `  ${message}`)
  return [
    `${stack.name} has ${stack.outcome} at revision ${revision}:`,
    ...tasks,
    ...reason,
    ...stack.problems,
  ]
}

/** Three things to try, as commands that can be pasted. */
export function nextSteps(status: StatusDocument, { state, repository, url, cli }: Place): string[] {
  const stack = status.stacks.find(({ name }) => name === 'hello')
  const setpoint = `${state === DEFAULT_STATE ? '' : `SETPOINT_STATE=${state} `}${cli}`
  const edit = (change: string, message: string) =>
    `sed -i '${change}' hello/compose.yaml && git commit -qam '${message}'`
  if (stack?.outcome !== 'converged') return [`Look closer with: ${setpoint} status`]
  return [
    '',
    'Try next, in another terminal:',
    '',
    `     cd ${repository}`,
    '',
    `  1. Change something. It is live about a second after the commit; look at ${url} again.`,
    `     ${edit('s/MESSAGE: .*/MESSAGE: Changed by a commit/', 'Another message')}`,
    '',
    '  2. Commit a version whose healthcheck fails. It goes back by itself, and says why.',
    `     ${edit('s|test: .*|test: [CMD, /bin/busybox, "false"]|', 'A broken healthcheck')}`,
    `     ${setpoint} status hello --wait 1m; ${setpoint} history hello`,
    '',
    '  3. Kill a container. Another one takes its place.',
    `     kill -9 $(${setpoint} status hello --output json | grep -om1 '"pid": [0-9]*' | cut -c8-)`,
    '',
    `Everything else: ${setpoint} --help`,
    'Ctrl-C stops Setpoint and leaves the containers running; `npm stop` takes them down.',
  ]
}
