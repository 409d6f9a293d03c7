import type { FastifyInstance } from 'fastify'
import Type, { type Static } from '../../schemas/type.ts'
import { metricsText } from './metrics.ts'
import type { Service } from './service.ts'

const StackQuery = Type.Object({ stack: Type.Optional(Type.String()) }, { additionalProperties: false })

/** What tasks use: `stats` for people and programs, `/metrics` for Prometheus. Behind the same guard as all else. */
export function statsRoutes(app: FastifyInstance, service: Service): void {
  app.get<{ Querystring: Static<typeof StackQuery> }>(
    '/v1/stats',
    { schema: { querystring: StackQuery } },
    async (request) => service.stats(request.query.stack),
  )

  app.get('/metrics', async (_request, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return metricsText(service.status(), service.stats())
  })
}
