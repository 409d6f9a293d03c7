import type { FastifyInstance } from 'fastify'
import { MAX_SECRET_BYTES } from '../../schemas/sealing/secret.ts'
import Type, { type Static } from '../../schemas/type.ts'
import type { SecretDocument, SecretsDocument } from './documents.ts'
import type { Service } from './service.ts'

const NameParams = Type.Object({ name: Type.String() })
const SetBody = Type.Object({ sealed: Type.String() }, { additionalProperties: false })
/** Base64, and what age adds. */
const MAX_SET_BYTES = 2 * MAX_SECRET_BYTES

/** External secrets. A value comes sealed to the controller, and none ever goes out. */
export function secretRoutes(app: FastifyInstance, service: Service): void {
  app.get('/v1/secrets', async () => ({ secrets: service.secrets() }) satisfies SecretsDocument)

  app.post<{ Params: Static<typeof NameParams>; Body: Static<typeof SetBody> }>(
    '/v1/secrets/:name',
    { schema: { params: NameParams, body: SetBody }, bodyLimit: MAX_SET_BYTES },
    async ({ params, body }) =>
      ({
        secret: await service.setSecret(params.name, Buffer.from(body.sealed, 'base64')),
      }) satisfies SecretDocument,
  )

  app.delete<{ Params: Static<typeof NameParams> }>(
    '/v1/secrets/:name',
    { schema: { params: NameParams } },
    async ({ params }) => {
      await service.removeSecret(params.name)
      return { secrets: service.secrets() } satisfies SecretsDocument
    },
  )
}
