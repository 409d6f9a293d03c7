import { type Client, connectApi } from './client/client.ts'
import { EXIT } from './exit.ts'

/** What a command has of the world around it. */
export interface Context {
  env: NodeJS.ProcessEnv
  /** Writes a line to stdout, to stderr. */
  out(line: string): void
  err(line: string): void
  colour: boolean
  /** True when stdout is a terminal, whose width is limited. */
  terminal: boolean
  now(): Date
  client(): Client
}

export function processContext(): Context {
  endQuietlyWhenReaderLeaves()
  return {
    env: process.env,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    terminal: process.stdout.isTTY === true,
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
    now: () => new Date(),
    client: () => connectApi(process.env),
  }
}

/** `setpoint logs web/app | head` is no error, and neither is a terminal that has been closed. */
function endQuietlyWhenReaderLeaves(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') endUnwritten(stream, error)
    })
  }
}

/** A disk may be full. What cannot be written is not told where it could not be written. */
function endUnwritten(stream: NodeJS.WriteStream, { message }: Error): never {
  if (stream !== process.stderr) {
    process.stderr.write(`setpoint: cannot write to standard output: ${message}\n`)
  }
  process.exit(EXIT.error)
}
