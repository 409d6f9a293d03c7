import type { FastifyInstance } from 'fastify'
import Type, { type Static } from '../../schemas/type.ts'
import type { Changes } from './changes.ts'
import { DEFAULT_POLL, MAX_POLL, SYNC_DEADLINE } from './limits.ts'
import type { Service } from './service.ts'

const StackQuery = Type.Object({ stack: Type.Optional(Type.String()) }, { additionalProperties: false })

const ChangesQuery = Type.Object(
  {
    stack: Type.Optional(Type.String()),
    /** Milliseconds until the status is sent although it has not changed. */
    timeout: Type.Integer({ minimum: 0, maximum: MAX_POLL, default: DEFAULT_POLL }),
  },
  { additionalProperties: false },
)

/**
 * What is seen: `status`, `status/changes`, `drift`; and `sync`, which looks again.
 * A status carries an ETag. A client that sends it back as If-None-Match to `status/changes` misses no change.
 */
export function statusRoutes(app: FastifyInstance, service: Service, changes: Changes): void {
  app.get<{ Querystring: Static<typeof StackQuery> }>(
    '/v1/status',
    { schema: { querystring: StackQuery } },
    async (request, reply) => {
      reply.header('etag', changes.tag())
      return service.status(request.query.stack)
    },
  )

  app.get<{ Querystring: Static<typeof ChangesQuery> }>(
    '/v1/status/changes',
    { schema: { querystring: ChangesQuery }, handlerTimeout: MAX_POLL + 5_000 },
    async (request, reply) => {
      const { stack, timeout } = request.query
      const patience = AbortSignal.any([request.signal, AbortSignal.timeout(timeout)])
      await changes.next(request.headers['if-none-match'], patience)
      reply.header('etag', changes.tag())
      return service.status(stack)
    },
  )

  app.get<{ Querystring: Static<typeof StackQuery> }>(
    '/v1/drift',
    { schema: { querystring: StackQuery } },
    async (request) => ({ drift: service.drift(request.query.stack) }),
  )

  app.post('/v1/sync', { handlerTimeout: SYNC_DEADLINE }, async () => {
    await service.sync()
    return service.status()
  })
}
