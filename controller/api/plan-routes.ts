import type { FastifyInstance } from 'fastify'
import { SetpointError } from '../../schemas/error.ts'
import { StackSpec } from '../../schemas/stack.ts'
import Type from '../../schemas/type.ts'
import { checker } from '../../schemas/validate.ts'
import { MAX_PLAN_BYTES } from './limits.ts'
import type { Service } from './service.ts'

const checkCandidates = checker(
  Type.Object({ stacks: Type.Array(StackSpec, { maxItems: 1_000 }) }, { additionalProperties: false }),
)

/** What would change: for what is accepted (GET), or for candidates that the client has loaded (POST). */
export function planRoutes(app: FastifyInstance, service: Service): void {
  app.get('/v1/plan', async () => service.plan())

  app.post('/v1/plan', { bodyLimit: MAX_PLAN_BYTES }, async (request) => {
    const candidates = checkCandidates(request.body)
    if (!candidates.ok) {
      throw new SetpointError('USAGE', `These are no stacks to plan: ${candidates.message}`, {
        hint: 'The CLI and the controller may differ in version: compare them with setpoint version.',
      })
    }
    return service.plan(candidates.value.stacks)
  })
}
