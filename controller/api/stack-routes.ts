import type { FastifyInstance } from 'fastify'
import { SetpointError } from '../../schemas/error.ts'
import Type, { type Static } from '../../schemas/type.ts'
import type { RollbackDocument } from './documents.ts'
import type { Service } from './service.ts'

const StackParams = Type.Object({ name: Type.String() })

/** What concerns one stack: `history` and `rollback`. */
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
}

/** By hand: what a validator says of a union of shapes helps nobody. */
function revisionIn(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined
  const { revision, ...rest } = body as { revision?: unknown }
  const isKnown = typeof body === 'object' && Object.keys(rest).length === 0
  if (isKnown && (revision === undefined || typeof revision === 'string')) return revision
  throw new SetpointError('USAGE', 'The body of a rollback is {"revision": "c0ffee1"}, or empty.')
}
