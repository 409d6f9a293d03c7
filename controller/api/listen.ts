import { SetpointError } from '../../schemas/error.ts'

export interface HostPort {
  host: string
  port: number
}

/** Host and port of `HOST:PORT`, `[::1]:PORT` or `:PORT` (every address); undefined when it is neither. */
export function splitHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) return undefined
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port }
}

/** True for the names and addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
}

/**
 * Where the API listens.
 * @throws SetpointError USAGE when `listen` is no HOST:PORT, or would let others in without a token
 */
export function parseListen(listen: string, token: string | undefined): HostPort {
  const place = splitHostPort(listen)
  if (!place) {
    throw new SetpointError('USAGE', `"${listen}" is no address to listen on.`, {
      hint: 'Give HOST:PORT, for example 127.0.0.1:7070 or [::1]:7070.',
    })
  }
  if (!token && !isLoopback(place.host)) {
    throw new SetpointError(
      'USAGE',
      `Without a token the API does not listen on ${listen}, where others can reach it.`,
      {
        hint: 'Set SETPOINT_TOKEN, or listen on 127.0.0.1 and tunnel with ssh -L.',
      },
    )
  }
  return place
}

/** Tells what a failed `listen` means. */
export function listenError(error: unknown, { host, port }: HostPort): SetpointError {
  const code = (error as NodeJS.ErrnoException).code
  const place = `${host}:${port}`
  if (code === 'EADDRINUSE') {
    return new SetpointError('PORT_IN_USE', `The API cannot listen on ${place}: another process does.`, {
      hint: `Choose another with --listen HOST:PORT, or see whose it is with: ss -ltnp 'sport = :${port}'.`,
      cause: error,
    })
  }
  const why: Record<string, string> = {
    EACCES: 'ports below 1024 need root',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'this name has no address',
  }
  const reason = why[code ?? ''] ?? (error as Error).message
  return new SetpointError('USAGE', `The API cannot listen on ${place}: ${reason}`, { cause: error })
}
