import type { FastifyInstance } from 'fastify'
import { SetpointError } from '../../schemas/error.ts'
import Type, { type Static } from '../../schemas/type.ts'
import type { RollbackDocument } from './documents.ts'
import { MAX_TAIL } from './limits.ts'
import type { Service } from './service.ts'

const closed = { additionalProperties: false }
const StackParams = Type.Object({ name: Type.String() })
const ServiceParams = Type.Object({ name: Type.String(), service: Type.String() })
const LogsQuery = Type.Object({ tail: Type.Integer({ minimum: 0, maximum: MAX_TAIL, default: 100 }) }, closed)

/** What concerns one stack: `history`, `rollback` and the `logs` of a service. */
export function stackRoutes(app: FastifyInstance, service: Service): void {
  app.get<{ Params: Static<typeof StackParams> }>(
    '/v1/stacks/:name/history',
    { schema: { params: StackParams } },
    async ({ params }) => ({ stack: params.name, entries: service.history(params.name) }),
  )

  app.post<{ Params: Static<typeof StackParams> }>(
    '/v1/stacks/:name/rollback',
    { schema: { params: StackParams } },
    async ({ params, body }) => {
      const to = await service.rollback(params.name, revisionIn(body))
      return { ...service.status(params.name), to } satisfies RollbackDocument
    },
  )

  app.get<{ Params: Static<typeof ServiceParams>; Querystring: Static<typeof LogsQuery> }>(
    '/v1/stacks/:name/services/:service/logs',
    { schema: { params: ServiceParams, querystring: LogsQuery } },
    async ({ params, query }) => ({ lines: await service.logs(params.name, params.service, query.tail) }),
  )
}

/** By hand: what a validator says of a union of shapes helps nobody. */
function revisionIn(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined
  const { revision, ...rest } = body as { revision?: unknown }
  const isKnown = typeof body === 'object' && Object.keys(rest).length === 0
  if (isKnown && (revision === undefined || typeof revision === 'string')) return revision
  throw new SetpointError('USAGE', 'The body of a rollback is {"revision": "c0ffee1"}, or empty.')
}
