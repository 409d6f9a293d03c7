import { SetpointError } from '../../schemas/error.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import type { SecretStatus } from '../../schemas/status.ts'
import type { ExternalSecret, ExternalSecrets } from './externals.ts'

export interface SecretServiceDeps {
  externals: ExternalSecrets
  /** What the stacks of the fleet are, or were and may be gone back to. */
  specs: () => StackSpec[]
  /** @throws SetpointError NOT_LEADER */
  mayChange: () => void
  /** The stacks are to be read once more. */
  onChange: () => Promise<void>
}

/** External secrets as the API lets people see and change them. */
export interface SecretService {
  secrets(): SecretStatus[]
  setSecret(name: string, sealed: Buffer): Promise<SecretStatus>
  removeSecret(name: string): Promise<void>
}

/** Every change is told to `onChange`, and waits for it. */
export function createSecretService({
  externals,
  specs,
  mayChange,
  onChange,
}: SecretServiceDeps): SecretService {
  const statusOf = (secret: ExternalSecret): SecretStatus => ({
    ...secret,
    usedBy: usersOf(secret.digest, specs()),
  })
  return {
    secrets: () => externals.list().map(statusOf),
    async setSecret(name, sealed) {
      mayChange()
      const secret = await externals.set(name, sealed)
      await onChange()
      return statusOf(secret)
    },
    async removeSecret(name) {
      mayChange()
      const secret = externals.list().find((one) => one.name === name)
      const users = secret ? usersOf(secret.digest, specs()) : []
      if (users.length > 0) throw inUse(name, users)
      await externals.remove(name)
      await onChange()
    },
  }
}

/** `stack/service` of all that mount a secret. */
function usersOf(digest: string, specs: StackSpec[]): string[] {
  const users = specs.flatMap(({ name, services }) =>
    services
      .filter(({ container }) =>
        container.contents?.some((one) => one.kind === 'secret' && one.digest === digest),
      )
      .map((service) => `${name}/${service.name}`),
  )
  return [...new Set(users)].sort()
}

function inUse(name: string, users: string[]): SetpointError {
  return new SetpointError('SECRET_IN_USE', `The secret ${name} is used by ${users.join(', ')}.`, {
    hint: 'Take it out of these stacks and commit that first.',
  })
}
