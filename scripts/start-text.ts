import { isReady } from '../controller/cli/verdict.ts'
import { DEFAULT_STATE } from '../schemas/defaults.ts'
import { shortRevision } from '../schemas/revision.ts'
import { slotName } from '../schemas/slot.ts'
import type { StackStatus, StatusDocument } from '../schemas/status.ts'

export interface Place {
  state: string
  repository: string
  url: string
  /** Path of the `setpoint` command. */
  cli: string
}

/** What is said in place of a start with arguments, none of which would have any effect. */
export function takesNothing(given: string[]): string[] {
  return [
    `npm start takes no arguments, and was given ${given.join(' ')}. Nothing was started.`,
    '  SETPOINT_STATE names another state folder; `setpoint up --help` has all options.',
  ]
}

/** What runs where, and the URL that answered. */
export function whatRuns(
  { stacks, sources, hosts }: StatusDocument,
  fetched: { url: string; answer: string } | undefined,
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
  const tasks = stack.services.flatMap(({ name: service, tasks }) =>
    tasks.map((task) => {
      const health = task.health === 'none' ? task.state : task.health
      const name = slotName({ stack: stack.name, service, slot: task.slot })
      return `  ${name}  ${health}  pid ${task.pid ?? '-'}  ${task.addresses.join(' ')}`
    }),
  )
  const why = isReady(stack) ? [] : stack.conditions.slice(0, 1).map(({ message }) => `  ${message}`)
  const problems = stack.problems.map((problem) => `  ${problem}`)
  return [`${headline(stack)}${tasks.length > 0 ? ':' : '.'}`, ...tasks, ...why, ...problems]
}

/** What became of a stack, in a sentence without its end. */
function headline({ name, outcome, revision }: StackStatus): string {
  const applied = shortRevision(revision.applied)
  const attempted = shortRevision(revision.attempted)
  switch (outcome) {
    case 'converged':
      return `${name} has converged at revision ${applied}`
    case 'rolledBack':
      return `${name} runs revision ${applied} again, instead of ${attempted}`
    case 'stalled':
      return attempted === ''
        ? `${name} was not deployed`
        : `${name} stands still at revision ${attempted}, which did not work`
    case 'degraded':
      return `${name} is at revision ${applied || attempted}, but not all of it serves`
    default:
      return `${name} is still on its way to revision ${attempted}`
  }
}

/** Three things to try, as commands that can be pasted; when the newest commit did not work, how to go on. */
export function nextSteps(status: StatusDocument, place: Place): string[] {
  const { state, repository, cli } = place
  const setpoint = `${state === DEFAULT_STATE ? '' : `SETPOINT_STATE=${state} `}${cli}`
  const stack = status.stacks.find(({ name }) => name === 'hello')
  const isWell = stack !== undefined && isReady(stack)
  return [
    '',
    `${isWell ? 'Try next' : 'To go on'}, in another terminal:`,
    '',
    `     cd ${repository}`,
    '',
    ...(isWell ? experiments(setpoint, place) : mending(setpoint, stack)),
    '',
    `Everything else: ${setpoint} --help`,
    'Ctrl-C stops Setpoint and leaves the containers running; `npm stop` takes them down.',
  ]
}

function experiments(setpoint: string, { url }: Place): string[] {
  const edit = (change: string, message: string) =>
    `sed -i '${change}' hello/compose.yaml && git commit -qam '${message}'`
  return [
    `  1. Change something. It is live about a second after the commit; look at ${url} again.`,
    `     ${edit('s/MESSAGE: .*/MESSAGE: Changed by a commit/', 'Another message')}`,
    '',
    '  2. Commit a version whose healthcheck fails. It goes back by itself, and says why.',
    `     ${edit('s|test: .*|test: [CMD, /bin/busybox, "false"]|', 'A broken healthcheck')}`,
    `     ${setpoint} status hello --wait 1m; ${setpoint} history hello`,
    '',
    '  3. Kill a container. It is started again in its place, which the first terminal tells.',
    `     kill -9 $(${setpoint} status hello --output json | grep -om1 '"pid": [0-9]*' | cut -c8-)`,
  ]
}

function mending(setpoint: string, stack: StackStatus | undefined): string[] {
  const hasEarlier = stack?.revision.applied != null
  return [
    '  1. Look at what is wrong.',
    `     ${setpoint} status hello; ${setpoint} history hello`,
    '',
    `  2. Fix it with a commit${hasEarlier ? ', or take the newest one back.' : '.'}`,
    ...(hasEarlier ? ['     git revert --no-edit HEAD'] : []),
  ]
}
