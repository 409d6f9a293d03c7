import { connect, type Socket } from 'node:net'
import { createInterface, type Interface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { CommandResult } from '../support/host-command.ts'

/** The QEMU guest agent on its socket: one question at a time, each a line of JSON. */
export interface Channel {
  /** Runs a command in the guest to its end. @throws Error when nobody answers for `timeout` milliseconds */
  run(argv: string[], timeout: number): Promise<CommandResult>
  close(): void
}

/** Milliseconds between two looks whether a command has ended: the agent tells of nothing by itself. */
const LOOK = 50

interface Status {
  exited: boolean
  exitcode?: number
  signal?: number
  'out-data'?: string
  'err-data'?: string
}

/**
 * The channel to the agent that listens behind a socket of QEMU.
 * @throws Error when it does not answer within `timeout` milliseconds
 */
export async function openChannel(path: string, timeout: number): Promise<Channel> {
  const socket = await connected(path)
  const answers: ((line: string) => void)[] = []
  const lines = createInterface({ input: socket })
  const late = setTimeout(() => socket.destroy(), timeout)
  await synced(socket, lines)
  clearTimeout(late)
  lines.on('line', (line) => answers.shift()?.(line))
  let last: Promise<unknown> = Promise.resolve()

  function ask<T>(execute: string, args: object, patience: number): Promise<T> {
    const asked = last.then(
      () =>
        new Promise<T>((resolve, reject) => {
          const silent = setTimeout(() => {
            socket.destroy() // whoever was asked is gone, and its answer with it
            reject(new Error(`${execute}: no answer after ${patience} ms`))
          }, patience)
          answers.push((line) => {
            clearTimeout(silent)
            const { return: value, error } = JSON.parse(line)
            if (error) reject(new Error(`${execute}: ${error.desc}`))
            else resolve(value)
          })
          socket.write(`${JSON.stringify({ execute, arguments: args })}\n`)
        }),
    )
    last = asked.catch(() => {})
    return asked
  }

  return {
    async run([path = '', ...arg], timeout) {
      const command = { path, arg, 'capture-output': true }
      const { pid } = await ask<{ pid: number }>('guest-exec', command, timeout)
      for (const end = Date.now() + timeout; Date.now() < end; await pause(LOOK)) {
        const status = await ask<Status>('guest-exec-status', { pid }, timeout)
        if (status.exited) return resultOf(status)
      }
      return { code: 124, stdout: '', stderr: `no end after ${timeout} ms` }
    },
    close() {
      lines.close()
      socket.destroy()
    },
  }
}

/** What answers a channel that was closed before this one comes first: read on until our own answer. */
function synced(socket: Socket, lines: Interface): Promise<void> {
  const id = Math.floor(Math.random() * 2 ** 31)
  socket.write(`${JSON.stringify({ execute: 'guest-sync', arguments: { id } })}\n`)
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('the guest closed the channel')))
    lines.on('line', function look(line) {
      if (!line.endsWith(`${id}}`)) return
      lines.off('line', look)
      resolve()
    })
  })
}

function resultOf({ exitcode, signal, ...said }: Status): CommandResult {
  const text = (data = '') => Buffer.from(data, 'base64').toString('utf8')
  return {
    code: exitcode ?? 128 + (signal ?? 0),
    stdout: text(said['out-data']),
    stderr: text(said['err-data']),
  }
}

function connected(path: string): Promise<Socket> {
  const socket = connect(path)
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}
