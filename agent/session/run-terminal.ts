import { constants, open } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'
import { writeInTurn } from '../../schemas/common/write-in-turn.ts'
import { SetpointError } from '../../schemas/error.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, type Frame, jsonOf } from '../../schemas/session/frames.ts'
import { fifoArgv, terminalArgv, toAttachArgv } from '../runtime/argv.ts'
import { spawned, start, succeed } from '../runtime/exec.ts'
import { createUnrows } from './conmon-rows.ts'
import type { Command } from './exec.ts'
import { feed, type Input } from './input.ts'
import { missingCode } from './missing.ts'

/** conmon's pipes among its open files: the first after stdin, stdout and stderr. */
const PIPES = { _OCI_SYNCPIPE: '3', _OCI_STARTPIPE: '4', _OCI_ATTACHPIPE: '5' }
const GO = 'go\n'
/** Milliseconds until conmon must have said that the command runs. */
const BEGIN_WITHIN = 30_000

/**
 * Runs a command with a terminal, which conmon holds: output comes on a FIFO in place of a log file, input goes through
 * socat to conmon's socket, and sizes to its control FIFO. Resolves with the exit code.
 * @throws SetpointError RUNTIME_MISSING without socat, EXEC_FAILED
 */
export async function runInTerminal({ request, task, files, channel, reach }: Command): Promise<number> {
  const output = join(files.folder, 'output')
  await succeed(fifoArgv(output))
  const reader = await openFifo(output)
  const argv = terminalArgv(await reach.runtime.command(request.taskId), {
    ...files,
    id: request.taskId,
    oomScore: task.task.container.limits?.oomScoreAdj,
    output,
  })
  const conmon = start(argv, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', ...PIPES },
  })
  await spawned(conmon, argv).catch((error) => {
    reader.destroy()
    throw error
  })
  const [sync, go, attach] = conmon.stdio.slice(3) as [Readable, Writable, Readable]
  go.on('error', () => {}) // conmon's answer tells why it has gone
  const complaint = textOf(conmon.stderr as Readable)
  const answers = answersOn(sync)
  const attached = answersOn(attach)
  const sent = sendTerminal(reader, channel)
  let socat: ReturnType<typeof start> | undefined
  try {
    go.write(GO)
    await within(attached())
    const toAttach = toAttachArgv(join(files.folder, 'attach'))
    socat = start(toAttach, { stdio: ['pipe', 'ignore', 'ignore'] })
    await spawned(socat, toAttach)
    go.write(GO)
    const begun = await within(answers())
    if (begun.data < 0)
      return await failed(begun.message || (await complaint()) || unexplained(request.argv[0]), channel)
    void feed(channel, inputTo(socat.stdin as Writable, join(files.folder, 'ctl')))
    const { data } = await answers()
    await sent
    return data
  } finally {
    socat?.kill('SIGKILL')
    reader.destroy()
    for (const stream of [sync, go, attach, conmon.stderr]) stream?.destroy()
  }
}

/** Opened at once: conmon opens the other end later. */
async function openFifo(path: string): Promise<Socket> {
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false })
}

interface Answer {
  /** A pid, an exit code, or a negative number. */
  data: number
  message?: string
}

/** What conmon says on a pipe, a line of JSON each time; -1 once it has gone. */
function answersOn(pipe: Readable): () => Promise<Answer> {
  const lines = createInterface({ input: pipe })[Symbol.asyncIterator]()
  return async () => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) return { data: -1 }
      if (value.trim() !== '') return JSON.parse(value) as Answer
    }
  }
}

/** What comes on a pipe until it ends, a page at most. */
function textOf(pipe: Readable): () => Promise<string> {
  let text = ''
  pipe.on('data', (chunk: Buffer) => {
    text = (text + chunk).slice(0, 4096)
  })
  const ended = new Promise<void>((resolve) => pipe.once('close', resolve).once('end', resolve))
  return async () => {
    await ended
    return text
  }
}

async function within(answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate()), BEGIN_WITHIN)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

/** crun's words for a command that is not there do not come through conmon. */
function unexplained(command: string | undefined): string {
  return `${command} was not found in the container, or cannot be run; without a terminal (-T) the runtime says which`
}

async function failed(message: string, channel: Channel): Promise<number> {
  await channel.send({ type: FRAME.errors, payload: Buffer.from(`${message.trim()}\r\n`) })
  return missingCode(message)
}

/** The terminal's bytes, as the command wrote them. A client that reads slowly makes the command wait. */
async function sendTerminal(fifo: Socket, channel: Channel): Promise<void> {
  const unrow = createUnrows()
  try {
    for await (const chunk of fifo as AsyncIterable<Buffer>) {
      const payload = unrow(chunk)
      if (payload.length > 0 && !channel.signal.aborted) await channel.send({ type: FRAME.output, payload })
    }
  } catch {
    fifo.resume() // the client has gone; conmon must not hang on a FIFO that nobody reads
  }
}

function inputTo(terminal: Writable, control: string): Input {
  terminal.on('error', () => {}) // socat has gone, and what it was for ends with it
  return {
    write: (bytes) => writeInTurn(terminal, bytes),
    end: () => terminal.end(),
    async resize(frame) {
      const { columns, rows } = sizeIn(frame)
      const handle = await openFile(control, constants.O_WRONLY | constants.O_NONBLOCK)
      await handle.write(`1 ${rows} ${columns}\n`).finally(() => handle.close())
    },
  }
}

function sizeIn(frame: Frame): { columns: number; rows: number } {
  const { columns, rows } = jsonOf(frame) as { columns: number; rows: number }
  const cells = (count: number) => Math.min(Math.max(1, Math.trunc(Number(count)) || 1), 10_000)
  return { columns: cells(columns), rows: cells(rows) }
}

function tooLate(): SetpointError {
  return new SetpointError('EXEC_FAILED', `The command did not begin within ${BEGIN_WITHIN / 1000} s.`)
}
