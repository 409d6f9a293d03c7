import { resolve } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { HOST_NAME } from '../../../schemas/wire.ts'

/** `--host-key HOST=FILE`, which may be given several times: host name to absolute path. */
export function hostKeyOption(): Option {
  return new Option(
    '--host-key <host=file>',
    "a copy of host.pub of a host's agent, instead of the key that it reports first; may be repeated",
  )
    .argParser(add)
    .default({}, 'none')
}

function add(text: string, previous: Record<string, string>): Record<string, string> {
  const [, host = '', file = ''] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  if (HOST_NAME.test(host)) return { ...previous, [host]: resolve(file) }
  throw new InvalidArgumentError('Give HOST=FILE, with a host of `setpoint hosts`.')
}
