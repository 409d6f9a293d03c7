import type { FastifyInstance, FastifyReply } from 'fastify'
import Type, { type Static } from '../../schemas/type.ts'
import { REMOVE_DEADLINE, SIZE_DEADLINE } from './limits.ts'
import type { Service } from './service.ts'

const closed = { additionalProperties: false }
const Name = Type.String({ maxLength: 255 })

const VolumesQuery = Type.Object(
  {
    stack: Type.Optional(Name),
    size: Type.Boolean({ default: false }),
    unused: Type.Boolean({ default: false }),
  },
  closed,
)
const RemoveBody = Type.Object(
  { names: Type.Array(Name, { minItems: 1, maxItems: 100 }), host: Type.Optional(Name) },
  closed,
)

/** The volumes of the fleet, and their removal by name. */
export function volumeRoutes(app: FastifyInstance, service: Service): void {
  app.get<{ Querystring: Static<typeof VolumesQuery> }>(
    '/v1/volumes',
    { schema: { querystring: VolumesQuery }, handlerTimeout: SIZE_DEADLINE },
    async ({ query }) => service.volumes(query),
  )

  app.post<{ Body: Static<typeof RemoveBody> }>(
    '/v1/volumes/remove',
    { schema: { body: RemoveBody }, handlerTimeout: REMOVE_DEADLINE },
    async ({ body }, reply) => service.removeVolumes(body, whileAwaited(reply)),
  )
}

/** Aborts when nobody waits for the answer any more; the signal of a request does so once its body has been read. */
function whileAwaited(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}
