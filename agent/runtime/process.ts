import type { ContainerSpec } from '../../schemas/container.ts'
import { SetpointError } from '../../schemas/error.ts'
import type { ImageConfig } from '../../schemas/image.ts'

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

type Commands = Pick<ContainerSpec, 'entrypoint' | 'command'>

/**
 * The command line of a container. Docker's rule: a spec's entrypoint also sets the image's command aside; a spec's
 * command replaces only the image's command.
 * @throws SetpointError RUNTIME_FAILED when neither says what to run
 */
export function argvOf(spec: Commands, image: ImageConfig): string[] {
  const entrypoint = spec.entrypoint ?? image.entrypoint ?? []
  const command = spec.command ?? (spec.entrypoint === undefined ? image.command : undefined) ?? []
  const argv = [...entrypoint, ...command]
  if (argv.length > 0) return argv
  throw new SetpointError('RUNTIME_FAILED', 'Neither the service nor its image says what to run.', {
    hint: 'Set command or entrypoint in the stack file.',
  })
}

/**
 * `NAME=value`, the spec's over the image's; PATH and HOSTNAME are there unless one of them sets them.
 * @throws SetpointError RUNTIME_FAILED for what a process would read as another variable than it was written
 */
export function environmentOf(
  spec: Pick<ContainerSpec, 'environment'>,
  image: ImageConfig,
  hostname: string,
): string[] {
  for (const [name, value] of Object.entries(spec.environment)) checkVariable(name, value)
  const merged = { PATH: DEFAULT_PATH, HOSTNAME: hostname, ...image.environment, ...spec.environment }
  return Object.entries(merged).map(([name, value]) => `${name}=${value}`)
}

function checkVariable(name: string, value: string): void {
  const isBad = name === '' || /[=\0\s]/.test(name)
  if (!isBad && !value.includes('\0')) return
  const what = isBad ? 'is no name for an environment variable' : 'has a zero byte in its value'
  throw new SetpointError('RUNTIME_FAILED', `${JSON.stringify(name)} ${what}.`, {
    hint: 'Change it under `environment` in the stack file.',
  })
}
