import type { FastifyInstance } from 'fastify'
import Type, { type Static } from '../../schemas/type.ts'
import type { TrustDocument } from './documents.ts'
import type { Service } from './service.ts'

const HostParams = Type.Object({ name: Type.String() })
const TrustBody = Type.Object({ recipient: Type.Optional(Type.String()) }, { additionalProperties: false })

/** What concerns one host: `trust`, and that it is forgotten. */
export function hostRoutes(app: FastifyInstance, service: Service): void {
  app.post<{ Params: Static<typeof HostParams>; Body: Static<typeof TrustBody> }>(
    '/v1/hosts/:name/trust',
    { schema: { params: HostParams, body: TrustBody } },
    async ({ params: { name }, body }) =>
      ({ host: name, recipient: await service.trust(name, body.recipient) }) satisfies TrustDocument,
  )

  app.delete<{ Params: Static<typeof HostParams> }>(
    '/v1/hosts/:name',
    { schema: { params: HostParams } },
    async ({ params: { name } }) => service.forgetHost(name),
  )
}
