import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import { accessRoutes } from './access-routes.ts'
import type { Changes } from './changes.ts'
import { answerError, answerUnknown } from './errors.ts'
import { admit, type Guard } from './guard.ts'
import { hostRoutes } from './host-routes.ts'
import { HANDLER_DEADLINE, MAX_BODY_BYTES, MAX_CONNECTIONS, REQUEST_DEADLINE } from './limits.ts'
import { planRoutes } from './plan-routes.ts'
import { secretRoutes } from './secret-routes.ts'
import type { Service } from './service.ts'
import { sessionSocket } from './session-socket.ts'
import { stackRoutes } from './stack-routes.ts'
import { statsRoutes } from './stats-routes.ts'
import { statusRoutes } from './status-routes.ts'
import { setpointVersion } from './version.ts'
import { volumeRoutes } from './volume-routes.ts'

export interface AppOptions {
  service: Service
  changes: Changes
  guard: Guard
  log: FastifyBaseLogger
  /** Where the API can be reached, for `GET /v1/version`. */
  address: () => string
}

/** The API's routes behind a guard, not listening yet. */
export function buildApp({ service, changes, guard, log, address }: AppOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    handlerTimeout: HANDLER_DEADLINE,
    requestTimeout: REQUEST_DEADLINE,
    forceCloseConnections: true,
    // Without this Ajv would drop what it does not know: nothing is silently ignored.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, allErrors: false } },
  })
  app.server.maxConnections = MAX_CONNECTIONS
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(answerUnknown)
  app.addHook('onRequest', async (request) => {
    if (request.url !== '/healthz') admit(guard, request.headers)
  })

  app.get('/healthz', async () => ({ ok: true }))
  app.get('/v1/version', async () => ({
    version: setpointVersion(),
    node: process.version,
    address: address(),
    recipient: service.recipient,
  }))
  statusRoutes(app, service, changes)
  planRoutes(app, service)
  stackRoutes(app, service)
  accessRoutes(app, service)
  sessionSocket(app, { service, guard, log })
  hostRoutes(app, service)
  secretRoutes(app, service)
  statsRoutes(app, service)
  volumeRoutes(app, service)
  return app
}
