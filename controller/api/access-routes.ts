import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SetpointError } from '../../schemas/error.ts'
import Type, { type Static } from '../../schemas/type.ts'
import { MAX_TAIL } from './limits.ts'
import { sendLines } from './lines.ts'
import type { Service } from './service.ts'

const closed = { additionalProperties: false }
const Name = Type.String({ minLength: 1, maxLength: 300 })

const LogsQuery = Type.Object(
  {
    stack: Name,
    target: Type.Optional(Name),
    follow: Type.Optional(Type.Boolean()),
    since: Type.Optional(Name),
    until: Type.Optional(Name),
    tail: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_TAIL })),
  },
  closed,
)
const EventsQuery = Type.Object(
  { stack: Type.Optional(Name), follow: Type.Optional(Type.Boolean()), since: Type.Optional(Name) },
  closed,
)
const ProcessesQuery = Type.Object({ task: Type.Optional(Name), stack: Type.Optional(Name) }, closed)

/**
 * `logs`, one JSON object a line: `{"lines": […]}`, or `{"missing": {host, error}}` for a host that cannot be read;
 * `events`, one a line; and the `processes` of a task or a stack.
 */
export function accessRoutes(app: FastifyInstance, service: Service): void {
  app.get<{ Querystring: Static<typeof LogsQuery> }>(
    '/v1/logs',
    { schema: { querystring: LogsQuery } },
    async (request, reply) => {
      const { follow = false, since, until, ...query } = request.query
      const times = { ...time('since', since), ...time('until', until) }
      return stream(request, reply, (signal) => service.logs({ ...query, ...times, follow }, signal))
    },
  )

  app.get<{ Querystring: Static<typeof EventsQuery> }>(
    '/v1/events',
    { schema: { querystring: EventsQuery } },
    async (request, reply) => {
      const { follow = false, since, ...query } = request.query
      return stream(request, reply, (signal) =>
        service.events({ ...query, ...time('since', since), follow }, signal),
      )
    },
  )

  app.get<{ Querystring: Static<typeof ProcessesQuery> }>(
    '/v1/processes',
    { schema: { querystring: ProcessesQuery } },
    async ({ query: { task, stack } }) => {
      if (task !== undefined && stack === undefined) return service.processes(task)
      if (stack !== undefined && task === undefined) return service.stackProcesses(stack)
      throw new SetpointError('USAGE', 'Give one of task and stack.')
    },
  )
}

/** What is wrong with a request is told before the first line; what goes wrong later, in a last line `{"error": …}`. */
export async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  begin: (signal: AbortSignal) => AsyncIterable<unknown>,
): Promise<FastifyReply> {
  const gone = new AbortController()
  const items = begin(gone.signal)
  reply.hijack()
  request.raw.once('close', () => gone.abort())
  reply.raw.once('close', () => gone.abort())
  await sendLines(reply.raw, items, gone.signal)
  return reply
}

function time(name: 'since' | 'until', text: string | undefined): { since?: string; until?: string } {
  if (text === undefined) return {}
  const at = Date.parse(text)
  if (!Number.isNaN(at)) return { [name]: new Date(at).toISOString() }
  throw new SetpointError('USAGE', `"${text}" is no time for ${name}.`, {
    hint: 'Give an ISO time such as 2026-01-31T12:00:00Z.',
  })
}
