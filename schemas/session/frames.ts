import { SetpointError } from '../error.ts'

/** What a frame is: its first byte. The rest is bytes, or JSON where it says so. */
export const FRAME = {
  /** Bytes for the standard input of a command, or of a file that is copied in; and their end. */
  input: 1,
  inputEnd: 2,
  /** JSON {columns, rows}: the terminal has another size. */
  resize: 3,
  /** Bytes of standard output, or of a file that is copied out; of standard error. */
  output: 4,
  errors: 5,
  /** JSON: log lines; that all lines so far have been sent; a Notice. */
  lines: 6,
  live: 7,
  notice: 8,
  /** JSON: the processes of a task. */
  processes: 9,
  /** JSON: a CopyEntry. */
  entry: 10,
  /** JSON {exitCode}: of a command. */
  exit: 11,
  /** The last frame of who carries out the request; JSON {error?: {code, message, hint}}. */
  end: 12,
  /** A piece of JSON, which may be longer than a frame: the volumes of a host. */
  volumes: 13,
  /** Between the two ends of a channel only. JSON {bytes}: so many were taken. */
  taken: 32,
  alive: 33,
  close: 34,
} as const

export type FrameType = (typeof FRAME)[keyof typeof FRAME]

export interface Frame {
  type: number
  payload: Buffer
}

/** A sentence for the person. */
export interface Notice {
  text: string
  /** What was asked for is not whole because of it. */
  isLoss?: boolean
}

/** The largest payload, in bytes; what is longer is cut into several frames. */
export const MAX_PAYLOAD = 256 * 1024

/** Bytes of a stream that are put into one frame. */
export const CHUNK = 64 * 1024

/** A frame as bytes: its type, then its payload. @throws SetpointError INTERNAL for one that is too large */
export function encodeFrame({ type, payload }: Frame): Buffer {
  if (payload.length > MAX_PAYLOAD) {
    throw new SetpointError('INTERNAL', `A frame of ${payload.length} bytes is too large to be sent.`)
  }
  return Buffer.concat([Buffer.of(type), payload])
}

/** @throws SetpointError SESSION_BROKEN for what is no frame */
export function decodeFrame(bytes: Buffer): Frame {
  if (bytes.length === 0 || bytes.length > MAX_PAYLOAD + 1) {
    throw new SetpointError('SESSION_BROKEN', `A frame of ${bytes.length} bytes came, which is none.`)
  }
  return { type: bytes[0] ?? 0, payload: bytes.subarray(1) }
}

/** A frame that carries JSON. */
export function jsonFrame(type: FrameType, value: unknown): Frame {
  return { type, payload: Buffer.from(JSON.stringify(value)) }
}

/** What a frame of JSON carries. @throws SetpointError SESSION_BROKEN */
export function jsonOf({ payload }: Frame): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch (cause) {
    throw new SetpointError('SESSION_BROKEN', 'A frame came that should hold JSON and does not.', { cause })
  }
}
