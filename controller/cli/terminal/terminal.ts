import { writeInTurn } from '../../../schemas/common/write-in-turn.ts'
import { rawByStty } from './stty.ts'

/** The terminal, or the pipes, that this command line is run with. */
export interface Terminal {
  /** Standard input until its end. */
  input(): AsyncGenerator<Buffer>
  /** Resolves when there is room for more. */
  write(stream: NodeJS.WriteStream, bytes: Buffer): Promise<void>
  onResize(listener: (size: { columns: number; rows: number }) => void): void
  /** Puts the terminal back to how it was. */
  close(): void
}

/** Bytes of one message: some terminals paste more at once. */
const CHUNK = 64 * 1024

/** @param options.raw every key goes to the command, Ctrl-C too, and what it writes to the terminal as it is */
export function openTerminal({ raw }: { raw: boolean }): Terminal {
  const { stdin, stdout } = process
  const isRaw = raw && stdin.isTTY === true
  const listeners: (() => void)[] = []
  const putBack = isRaw ? makeRaw(stdin) : () => {}
  return {
    async *input() {
      for await (const bytes of stdin as AsyncIterable<Buffer>) {
        for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK)
      }
    },
    write: writeInTurn,
    onResize(listener) {
      const tell = () => listener({ columns: stdout.columns || 80, rows: stdout.rows || 24 })
      listeners.push(tell)
      stdout.on('resize', tell)
    },
    close() {
      for (const listener of listeners) stdout.off('resize', listener)
      putBack()
      stdin.pause()
      stdin.unref?.()
    },
  }
}

/** Without stty the keys at least go to the command. */
function makeRaw(stdin: NodeJS.ReadStream): () => void {
  const putBack = rawByStty()
  if (putBack !== undefined) return putBack
  stdin.setRawMode(true)
  return () => void stdin.setRawMode(false)
}
