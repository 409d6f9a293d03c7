import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, type ErrorFacts, SetpointError } from '../../schemas/error.ts'

/** The HTTP status of the errors that are not a fault of the server. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  USAGE: 400,
  API_DENIED: 401,
  STACK_NOT_FOUND: 404,
  REVISION_NOT_FOUND: 404,
  TASK_NOT_FOUND: 404,
  HOST_NOT_FOUND: 404,
  SECRET_NOT_FOUND: 404,
  SECRET_IN_USE: 409,
  VOLUME_KEPT: 409,
  SECRET_SEALED: 422,
  HOST_KEY_MISSING: 409,
  HOST_KEY_CHANGED: 409,
  HOST_REPORTS: 409,
  STACK_INVALID: 422,
  SOURCE_UNREACHABLE: 502,
  SOURCE_DENIED: 502,
  SOURCE_BRANCH_MISSING: 502,
  NOT_LEADER: 503,
  REDIS_UNREACHABLE: 503,
  SESSION_LOST: 504,
  DEADLINE_PASSED: 504,
}

/** Answers `{error: {code, message, hint}}`; what nobody foresaw goes to the log and not to the client. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, facts } = explain(error)
  if (status >= 500) request.log.error({ err: error, url: request.url }, 'A request failed')
  reply.code(status).send({ error: facts })
}

/** Answers for a path that does not exist. */
export function answerUnknown(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?')[0]
  const facts = { code: 'USAGE', message: `the API has no ${request.method} ${path}` } satisfies ErrorFacts
  reply.code(404).send({ error: facts })
}

function explain(error: unknown): { status: number; facts: ErrorFacts } {
  if (error instanceof SetpointError) return { status: STATUS[error.code] ?? 500, facts: error.facts() }
  const { code, statusCode = 500, message } = error as FastifyError
  if (code === 'FST_ERR_HANDLER_TIMEOUT') {
    return {
      status: 504,
      facts: { code: 'DEADLINE_PASSED', message: 'the controller took too long to answer' },
    }
  }
  if (statusCode < 500) return { status: statusCode, facts: { code: 'USAGE', message } }
  return { status: 500, facts: UNFORESEEN }
}

const UNFORESEEN: ErrorFacts = {
  code: 'INTERNAL',
  message: 'the controller failed to answer',
  hint: 'its log says why: logs/controller.log in the state folder',
}
