import type { FastifyInstance } from 'fastify'
import Type, { type Static } from '../../schemas/type.ts'
import { MAX_TAIL } from './limits.ts'
import type { Service } from './service.ts'

const closed = { additionalProperties: false }
const StackParams = Type.Object({ name: Type.String() })
const ServiceParams = Type.Object({ name: Type.String(), service: Type.String() })
const RollbackBody = Type.Union([
  Type.Null(),
  Type.Object({ revision: Type.Optional(Type.String({ minLength: 4, maxLength: 64 })) }, closed),
])
const LogsQuery = Type.Object({ tail: Type.Integer({ minimum: 0, maximum: MAX_TAIL, default: 100 }) }, closed)

/** What concerns one stack: `history`, `rollback` and the `logs` of a service. */
export function stackRoutes(app: FastifyInstance, service: Service): void {
  app.get<{ Params: Static<typeof StackParams> }>(
    '/v1/stacks/:name/history',
    { schema: { params: StackParams } },
    async ({ params }) => ({ stack: params.name, entries: service.history(params.name) }),
  )

  app.post<{ Params: Static<typeof StackParams>; Body: Static<typeof RollbackBody> }>(
    '/v1/stacks/:name/rollback',
    { schema: { params: StackParams, body: RollbackBody } },
    async ({ params, body }) => {
      await service.rollback(params.name, body?.revision)
      return service.status(params.name)
    },
  )

  app.get<{ Params: Static<typeof ServiceParams>; Querystring: Static<typeof LogsQuery> }>(
    '/v1/stacks/:name/services/:service/logs',
    { schema: { params: ServiceParams, querystring: LogsQuery } },
    async ({ params, query }) => ({ lines: await service.logs(params.name, params.service, query.tail) }),
  )
}
