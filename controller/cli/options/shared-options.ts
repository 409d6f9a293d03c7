import { Option } from 'commander'
import { DEFAULT_INTERVAL, DEFAULT_LISTEN } from '../../options.ts'
import { pauseOption } from './arguments.ts'

/** What `up` and `controller` are asked in the same way. */
export interface SharedFlags {
  source: string[]
  state?: string
  listen: string
  interval: number
  allowEmpty?: boolean
  credentialsFile?: string
  /** Arguments of `--variables`. */
  variables?: string[]
  authFile?: string
  logLevel: string
}

export function stateOption(): Option {
  return new Option('--state <dir>', 'state folder (default: SETPOINT_STATE or /var/lib/setpoint)')
}

export function listenOption(): Option {
  return new Option('--listen <host:port>', 'where the API listens').default(DEFAULT_LISTEN)
}

export function intervalOption(): Option {
  return pauseOption('--interval <duration>', 'time between two polls of a source', [DEFAULT_INTERVAL, '1m'])
}

export function allowEmptyOption(): Option {
  return new Option('--allow-empty', 'accept a commit that removes every stack')
}

export function credentialsOption(): Option {
  const description = 'credentials for https sources, in the form of git-credential-store'
  return new Option('--credentials-file <file>', description)
}
