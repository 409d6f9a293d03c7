/**
 * Every error that a person may see. The table is the single source: docs/errors.md is checked against it.
 * `retryable` says whether trying the same thing again can help without anybody acting.
 */
export const ERRORS = {
  SOURCE_UNREACHABLE: { retryable: true, meaning: 'The Git repository did not answer.' },
  SOURCE_DENIED: { retryable: true, meaning: 'The Git repository refused the credentials.' },
  SOURCE_BRANCH_MISSING: { retryable: true, meaning: 'The repository has no such branch.' },
  SOURCE_INVALID: { retryable: false, meaning: 'The source is not something that Setpoint can read.' },
  SOURCE_TOO_LARGE: { retryable: false, meaning: 'A file or the tree of the source is over the limit.' },
  SOURCE_EMPTIED: {
    retryable: false,
    meaning: 'A commit removes every stack, and `--allow-empty` was not given.',
  },
  STACK_INVALID: {
    retryable: false,
    meaning: 'A stack or image file has problems; the last accepted revision stays in force.',
  },
  STACK_NOT_FOUND: {
    retryable: false,
    meaning: 'There is no stack of that name, or no service of it whose logs can be read.',
  },
  REVISION_NOT_FOUND: { retryable: false, meaning: 'The stack has no such healthy revision to go back to.' },
  IMAGE_NOT_FOUND: { retryable: true, meaning: 'The image is neither on the host nor in its registry.' },
  IMAGE_PULL_FAILED: { retryable: true, meaning: 'The registry did not deliver the image.' },
  IMAGE_INVALID: { retryable: false, meaning: 'The config of an image has what no image may ask for.' },
  IMAGE_BUILD_FAILED: { retryable: false, meaning: 'An image spec could not be built.' },
  DISK_FULL: { retryable: true, meaning: 'The host has no room left for an image or a task.' },
  PORT_IN_USE: { retryable: true, meaning: 'A published port is held by somebody else on that host.' },
  ADDRESS_IN_USE: { retryable: true, meaning: 'A fixed address is held by another task of that network.' },
  NETWORK_FAILED: { retryable: true, meaning: 'A network, address or published port could not be set up.' },
  CONTENT_MISSING: {
    retryable: true,
    meaning: 'A config or a file of the repository that a task mounts is not on its host yet.',
  },
  CONTENT_INVALID: {
    retryable: true,
    meaning: 'What a host got for a task to mount is not what the controller has named.',
  },
  MOUNT_FAILED: { retryable: true, meaning: 'A volume or bind mount could not be mounted.' },
  VOLUME_KEPT: {
    retryable: false,
    meaning: "A volume is not removed: it is used, a stack declares it, or it is not Setpoint's own.",
  },
  RUNTIME_FAILED: { retryable: true, meaning: 'The OCI runtime refused or failed to run the container.' },
  HOST_UNABLE: {
    retryable: true,
    meaning:
      'The host cannot give a service what it asks for: its kernel, its rights or its devices lack it.',
  },
  RUNTIME_MISSING: { retryable: false, meaning: 'A system tool that the agent needs is not installed.' },
  HEALTH_FAILED: { retryable: false, meaning: 'The healthcheck of a task failed more often than allowed.' },
  TASK_EXITED: { retryable: true, meaning: 'The process of a task ended although it should run.' },
  DEADLINE_PASSED: { retryable: false, meaning: 'Something did not finish in the time it was given.' },
  JOB_REFUSED: {
    retryable: false,
    meaning: 'The agent refused a job: signature, host, epoch, age or shape is wrong.',
  },
  TASK_NOT_FOUND: { retryable: false, meaning: 'There is no such task, or none that runs.' },
  EXEC_FAILED: { retryable: false, meaning: 'A command could not be run in a container.' },
  COPY_FAILED: { retryable: false, meaning: 'A file could not be copied out of a container or into it.' },
  SESSION_BROKEN: {
    retryable: false,
    meaning: 'A live session was ended, since what came over Redis is not what was sent.',
  },
  SESSION_LOST: { retryable: true, meaning: 'A live session broke off, or its host did not take it up.' },
  REDIS_UNREACHABLE: { retryable: true, meaning: 'Redis does not answer.' },
  SECRET_SEALED: {
    retryable: false,
    meaning: 'Something sealed cannot be opened with the key that is here.',
  },
  SECRET_NOT_FOUND: { retryable: false, meaning: 'No external secret of that name is set.' },
  SECRET_IN_USE: { retryable: false, meaning: 'A stack uses the external secret, so it is kept.' },
  HOST_KEY_CHANGED: {
    retryable: false,
    meaning: 'A host reports another key than the pinned one, so nothing is sealed to it.',
  },
  HOST_KEY_MISSING: { retryable: true, meaning: 'A host has not told of a key that could be sealed to.' },
  HOST_REPORTS: { retryable: false, meaning: 'A host is not forgotten, since it is there.' },
  HOST_NOT_FOUND: { retryable: false, meaning: 'No host of that name has reported.' },
  NOT_LEADER: { retryable: true, meaning: 'Another controller leads this fleet.' },
  API_UNREACHABLE: { retryable: true, meaning: 'The CLI found no controller at SETPOINT_API.' },
  API_DENIED: { retryable: false, meaning: 'The API refused the token.' },
  ALREADY_RUNNING: {
    retryable: false,
    meaning: 'Another `setpoint up` or `setpoint down` holds this state folder.',
  },
  USAGE: { retryable: false, meaning: 'The command line or a request is wrong.' },
  INTERNAL: { retryable: false, meaning: 'Setpoint itself is at fault; its log has the details.' },
} as const

export type ErrorCode = keyof typeof ERRORS

/** What is said of a failure on a wire and in the status. */
export interface ErrorFacts {
  code: ErrorCode
  message: string
  hint?: string
}

/** An error that a person may see: what happened, where, and what to do about it. */
export class SetpointError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SetpointError'
    this.code = code
    this.hint = options.hint
  }

  facts(): ErrorFacts {
    return { code: this.code, message: this.message, ...(this.hint === undefined ? {} : { hint: this.hint }) }
  }
}

/** The facts of anything that was thrown; what is no SetpointError gets the code given. */
export function errorFacts(error: unknown, otherwise: ErrorCode): ErrorFacts {
  if (error instanceof SetpointError) return error.facts()
  return { code: otherwise, message: messageOf(error) }
}

/** True when trying the same thing again can help without anybody acting; false for a code that is not known. */
export function mayPass(code: string): boolean {
  return Object.hasOwn(ERRORS, code) && ERRORS[code as ErrorCode].retryable
}

/** The error that another process, perhaps of another version, has told of: a code that is not known becomes INTERNAL. */
export function errorFrom({ code, message, hint }: Told): SetpointError {
  const known = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'INTERNAL'
  return new SetpointError(known, message, hint === undefined ? {} : { hint })
}

/** Like ErrorFacts, with codes that this version may not know. */
interface Told {
  code: string
  message: string
  hint?: string
}

/** What anything that was thrown says; its other members are not for a log. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
