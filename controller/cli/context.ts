import { type Client, connectApi } from './client.ts'

/** What a command has of the world around it. */
export interface Context {
  env: NodeJS.ProcessEnv
  /** Writes a line to stdout, to stderr. */
  out(line: string): void
  err(line: string): void
  colour: boolean
  now(): Date
  client(): Client
}

export function processContext(): Context {
  endQuietlyWhenReaderLeaves()
  return {
    env: process.env,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
    now: () => new Date(),
    client: () => connectApi(process.env),
  }
}

/** `setpoint logs web/app | head` is no error, and neither is a terminal that has been closed. */
function endQuietlyWhenReaderLeaves(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    })
  }
}
