import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { writeInTurn } from '../../schemas/common/write-in-turn.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { CHUNK, FRAME, type FrameType } from '../../schemas/session/frames.ts'
import { execProcessArgv } from '../runtime/argv.ts'
import { spawned, start } from '../runtime/exec.ts'
import { exists } from '../runtime/record.ts'
import { signalNumber } from '../signals.ts'
import type { Command } from './exec.ts'
import { feed } from './input.ts'
import { missingCode } from './missing.ts'

/** Milliseconds that output may take which comes after the end: something left behind may hold it open for ever. */
const AFTERWARDS = 1_000

/** Runs a command without a terminal, its three streams carried byte for byte. Resolves with its exit code. */
export async function runPlain({ request, task, files, channel, reach }: Command): Promise<number> {
  const argv = execProcessArgv(await reach.runtime.command(request.taskId), {
    ...files,
    id: request.taskId,
    oomScore: task.task.container.limits?.oomScoreAdj,
  })
  const child = start(argv, { stdio: ['pipe', 'pipe', 'pipe'] })
  await spawned(child, argv)
  const ended = endOf(child)
  const said: Buffer[] = []
  const output = [
    sendOutput(child.stdout as Readable, { type: FRAME.output, channel }),
    sendOutput(child.stderr as Readable, { type: FRAME.errors, channel, said }),
  ]
  void feed(channel, {
    write: (bytes) => writeInTurn(child.stdin as Writable, bytes),
    end: () => child.stdin?.end(),
  })
  const exitCode = await ended
  await Promise.race([Promise.all(output), new Promise((resolve) => setTimeout(resolve, AFTERWARDS))])
  child.stdout?.destroy()
  child.stderr?.destroy()
  return (await exists(files.pidFile)) ? exitCode : missingCode(Buffer.concat(said).toString('utf8'))
}

interface Output {
  type: FrameType
  channel: Channel
  /** Gets the beginning of it, too. */
  said?: Buffer[]
}

/** Sends a stream as frames; a client that reads slowly makes the command wait. */
async function sendOutput(stream: Readable, { type, channel, said }: Output): Promise<void> {
  try {
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      if (said && said.length < 4) said.push(bytes)
      for (let at = 0; at < bytes.length; at += CHUNK) {
        if (!channel.signal.aborted) await channel.send({ type, payload: bytes.subarray(at, at + CHUNK) })
      }
    }
  } catch {
    stream.resume() // nobody reads it any more; the command is hung up and may still say something
  }
}

function endOf(child: ChildProcess): Promise<number> {
  child.stdin?.on('error', () => {}) // it has closed its input
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + signalNumber(signal ?? 'SIGKILL')))
  })
}
