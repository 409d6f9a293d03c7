import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, jsonFrame } from '../../schemas/session/frames.ts'
import type { ExecRequest } from '../../schemas/session/request.ts'
import { hangUp } from './hang-up.ts'
import { writeProcess } from './process-file.ts'
import { commandsFolder, type Reach, type Reached, reachTask } from './reach.ts'
import { runPlain } from './run-plain.ts'

/** Where the files of a command lie while it runs. */
export interface CommandFiles {
  folder: string
  /** The runtime-spec process. */
  process: string
  /** The host's pid of the command. */
  pidFile: string
}

/** One command in a container. */
export interface Command {
  request: ExecRequest
  task: Reached
  files: CommandFiles
  channel: Channel
  reach: Reach
}

let commands = 0

/**
 * Runs a command in a task's container, as its user, in its folder, with its environment, capabilities and seccomp filter
 * unless the request says otherwise, and sends its output and exit code. When the other end goes the command is hung up.
 * @throws SetpointError TASK_NOT_FOUND, EXEC_FAILED, RUNTIME_FAILED for a user that the image does not have
 */
export async function execute(request: ExecRequest, channel: Channel, reach: Reach): Promise<void> {
  const task = await reachTask(reach, request.taskId)
  commands += 1
  const files = filesIn(join(commandsFolder(reach), `${process.pid}-${commands}`))
  await mkdir(files.folder, { recursive: true, mode: 0o700 })
  const command = { request, task, files, channel, reach }
  const onGone = () =>
    void hangUp(files.pidFile, { id: request.taskId, pid: task.pid }, reach).catch(() => {}) // it has ended by itself
  channel.signal.addEventListener('abort', onGone, { once: true })
  try {
    await writeProcess(command)
    const run = request.tty ? (await import('./run-terminal.ts')).runInTerminal : runPlain
    const exitCode = await run(command)
    await channel.send(jsonFrame(FRAME.exit, { exitCode }))
  } finally {
    channel.signal.removeEventListener('abort', onGone)
    await rm(files.folder, { recursive: true, force: true })
  }
}

function filesIn(folder: string): CommandFiles {
  return { folder, process: join(folder, 'process.json'), pidFile: join(folder, 'pid') }
}
