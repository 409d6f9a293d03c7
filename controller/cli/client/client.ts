import { DEFAULT_STATE } from '../../../schemas/defaults.ts'
import { type ErrorFacts, errorFrom, SetpointError } from '../../../schemas/error.ts'
import type { Event } from '../../../schemas/event.ts'
import type { CopyRequest, ExecRequest } from '../../../schemas/session/request.ts'
import type { StackSpec } from '../../../schemas/stack.ts'
import type {
  ForgottenHostDocument,
  HistoryDocument,
  LogPiece,
  PlanDocument,
  RemovedVolumesDocument,
  StatsDocument,
  StatusDocument,
  VolumesDocument,
} from '../../../schemas/status.ts'
import type { LogsQuery, ProcessesDocument, StackProcessesDocument } from '../../api/access.ts'
import type {
  DriftDocument,
  RollbackDocument,
  SecretDocument,
  SecretsDocument,
  TrustDocument,
  VersionDocument,
} from '../../api/documents.ts'
import { REMOVE_DEADLINE, SIZE_DEADLINE, SYNC_DEADLINE } from '../../api/limits.ts'
import type { RemoveVolumesQuery, VolumesQuery } from '../../api/volumes.ts'
import { describeEndpoint, type Endpoint, endpoints } from './endpoint.ts'
import { type Answer, type Call, send } from './http.ts'
import { openLines } from './lines.ts'
import type { Live } from './live.ts'

/** A status and the tag that names it for `changes`. */
export interface TaggedStatus {
  document: StatusDocument
  tag: string | undefined
}

export interface Watch {
  stack?: string | undefined
  /** The status that is known already. */
  tag: string | undefined
  /** Milliseconds after which the status comes although nothing has changed. */
  timeout: number
}

/** The API, typed. Every method throws a SetpointError: API_UNREACHABLE, API_DENIED or what the controller says. */
export interface Client {
  status(stack?: string): Promise<TaggedStatus>
  changes(watch: Watch): Promise<TaggedStatus>
  /** Returns the status after every source has been read. */
  sync(): Promise<StatusDocument>
  plan(candidates?: StackSpec[]): Promise<PlanDocument>
  drift(stack?: string): Promise<DriftDocument>
  stats(stack?: string): Promise<StatsDocument>
  history(stack: string): Promise<HistoryDocument>
  rollback(stack: string, revision?: string): Promise<RollbackDocument>
  /** Lines as they come; without `follow` those that there are, in the order of time. `begun`: the API has taken it. */
  logs(query: LogsQuery, signal?: AbortSignal, begun?: () => void): AsyncGenerator<LogPiece>
  events(
    query: { follow: boolean; since?: string; stack?: string },
    signal?: AbortSignal,
    begun?: () => void,
  ): AsyncGenerator<Event>
  processes(task: string): Promise<ProcessesDocument>
  stackProcesses(stack: string): Promise<StackProcessesDocument>
  volumes(query: VolumesQuery): Promise<VolumesDocument>
  /** Returns once they are gone. */
  removeVolumes(query: RemoveVolumesQuery): Promise<RemovedVolumesDocument>
  /** A live session with a task. */
  live(task: string, request: ExecRequest | CopyRequest): Promise<Live>
  trust(host: string, recipient?: string): Promise<TrustDocument>
  forgetHost(host: string): Promise<ForgottenHostDocument>
  secrets(): Promise<SecretsDocument>
  setSecret(name: string, sealed: Buffer): Promise<SecretDocument>
  removeSecret(name: string): Promise<SecretsDocument>
  version(): Promise<VersionDocument>
}

/** Milliseconds for an answer of the API, unless a call says otherwise. */
const DEADLINE = 35_000
/** Milliseconds that a call takes beside what the API gives its handler. */
const ON_THE_WAY = 5_000

/** A client of the controller that the environment points to. Nothing is connected until the first call. */
export function connectApi(env: NodeJS.ProcessEnv): Client {
  const headers = env.SETPOINT_TOKEN ? { authorization: `Bearer ${env.SETPOINT_TOKEN}` } : {}
  const call = (request: Partial<Call> & { path: string }) =>
    callFirst(endpoints(env), {
      method: 'GET',
      deadline: DEADLINE,
      ...request,
      headers: { ...headers, ...request.headers },
    })
  return clientOf(call, {
    lines: (path, signal) =>
      first(endpoints(env), async (place) => {
        const { status, text, items } = await openLines(place, { path, headers, signal })
        check({ status, text, tag: undefined }, place)
        return items
      }),
    live: (task, request) =>
      first(endpoints(env), async (place) => {
        const { HttpAnswer, openLive } = await import('./live.ts')
        return openLive(place, { headers, task, request }).catch((error) => {
          if (error instanceof HttpAnswer) check({ ...error, tag: undefined }, place)
          throw error
        })
      }),
  })
}

interface Streams {
  lines(path: string, signal: AbortSignal | undefined): Promise<AsyncGenerator<unknown>>
  live: Client['live']
}

function clientOf(
  call: (request: Partial<Call> & { path: string }) => Promise<Answer>,
  { lines, live }: Streams,
): Client {
  const get = async <T>(path: string, rest: Partial<Call> = {}): Promise<T> =>
    parse(await call({ path, ...rest }))
  const post = async <T>(path: string, rest: Partial<Call> = {}): Promise<T> =>
    parse(await call({ path, ...rest, method: 'POST' }))
  const remove = async <T>(path: string): Promise<T> => parse(await call({ path, method: 'DELETE' }))
  const tagged = (answer: Answer): TaggedStatus => ({ document: parse(answer), tag: answer.tag })

  return {
    status: async (stack) => tagged(await call({ path: `/v1/status${query({ stack })}` })),
    changes: async ({ stack, tag, timeout }) =>
      tagged(
        await call({
          path: `/v1/status/changes${query({ stack, timeout })}`,
          headers: tag === undefined ? {} : { 'if-none-match': tag },
          deadline: timeout + DEADLINE,
        }),
      ),
    sync: () => post('/v1/sync', { deadline: SYNC_DEADLINE + ON_THE_WAY }),
    plan: (stacks) => (stacks ? post('/v1/plan', { body: { stacks } }) : get('/v1/plan')),
    drift: (stack) => get(`/v1/drift${query({ stack })}`),
    stats: (stack) => get(`/v1/stats${query({ stack })}`),
    history: (stack) => get(`/v1/stacks/${encodeURIComponent(stack)}/history`),
    rollback: (stack, revision) =>
      post(`/v1/stacks/${encodeURIComponent(stack)}/rollback`, revision ? { body: { revision } } : {}),
    async *logs({ stack, target, follow, since, until, tail }, signal, begun) {
      const path = `/v1/logs${query({ stack, target, follow: String(follow), since, until, tail })}`
      const pieces = await lines(path, signal)
      begun?.()
      yield* pieces as AsyncGenerator<LogPiece>
    },
    async *events({ follow, since, stack }, signal, begun) {
      const path = `/v1/events${query({ follow: String(follow), since, stack })}`
      const events = await lines(path, signal)
      begun?.()
      yield* events as AsyncGenerator<Event>
    },
    processes: (task) => get(`/v1/processes${query({ task })}`),
    stackProcesses: (stack) => get(`/v1/processes${query({ stack })}`),
    volumes: ({ stack, size, unused }) =>
      get(`/v1/volumes${query({ stack, size: String(size), unused: String(unused) })}`, {
        deadline: SIZE_DEADLINE + ON_THE_WAY,
      }),
    removeVolumes: (body) => post('/v1/volumes/remove', { body, deadline: REMOVE_DEADLINE + ON_THE_WAY }),
    live,
    trust: (host, recipient) =>
      post(`/v1/hosts/${encodeURIComponent(host)}/trust`, { body: recipient ? { recipient } : {} }),
    forgetHost: (host) => remove(`/v1/hosts/${encodeURIComponent(host)}`),
    secrets: () => get('/v1/secrets'),
    setSecret: (name, sealed) =>
      post(`/v1/secrets/${encodeURIComponent(name)}`, { body: { sealed: sealed.toString('base64') } }),
    removeSecret: (name) => remove(`/v1/secrets/${encodeURIComponent(name)}`),
    version: () => get('/v1/version'),
  }
}

async function callFirst(places: Endpoint[], request: Call): Promise<Answer> {
  return first(places, async (place) => check(await send(place, request), place))
}

/** What the first place gives at which somebody answers. */
async function first<T>(places: Endpoint[], attempt: (place: Endpoint) => Promise<T>): Promise<T> {
  let failure: unknown
  for (const place of places) {
    try {
      return await attempt(place)
    } catch (error) {
      if (error instanceof SetpointError) throw error
      failure ??= unreachable(place, error)
    }
  }
  throw failure
}

function check(answer: Answer, place: Endpoint): Answer {
  if (answer.status < 400) return answer
  const facts = errorIn(answer.text)
  if (!facts) {
    throw new SetpointError(
      'API_UNREACHABLE',
      `What answers at ${describeEndpoint(place)} is not the API of Setpoint (HTTP ${answer.status}).`,
      { hint: 'Check SETPOINT_API.' },
    )
  }
  throw errorFrom(facts)
}

function errorIn(text: string): ErrorFacts | undefined {
  try {
    const { error } = JSON.parse(text)
    return typeof error?.message === 'string' ? error : undefined
  } catch {
    return undefined
  }
}

function parse<T>({ text }: Answer): T {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SetpointError('API_UNREACHABLE', 'What answers is not the API of Setpoint: it sent no JSON.', {
      hint: 'Check SETPOINT_API.',
      cause,
    })
  }
}

function unreachable(place: Endpoint, cause: unknown): SetpointError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'EACCES') {
    return new SetpointError('API_DENIED', `${describeEndpoint(place)} is not open to you.`, {
      hint: 'Run the command as the user that runs the controller: `sudo setpoint …`.',
      cause,
    })
  }
  if (place.kind === 'socket' && place.state !== undefined && /^(ENOENT|ECONNREFUSED)$/.test(code ?? '')) {
    return notRunning(place.state, cause)
  }
  return new SetpointError(
    'API_UNREACHABLE',
    `No controller answers at ${describeEndpoint(place)} (${code ?? message}).`,
    {
      hint: 'Start one with: setpoint up --source PATH; or set SETPOINT_API to where it listens.',
      cause,
    },
  )
}

function notRunning(state: string, cause: unknown): SetpointError {
  const flag = state === DEFAULT_STATE ? '' : ` --state ${state}`
  return new SetpointError('API_UNREACHABLE', `No setpoint runs on the state folder ${state}.`, {
    hint: `Start it with \`setpoint up --source PATH${flag}\`, or set SETPOINT_STATE to the folder of one that runs.`,
    cause,
  })
}

function query(values: Record<string, string | number | undefined>): string {
  const given = Object.entries(values).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, String(value)]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
