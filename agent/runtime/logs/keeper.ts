import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import { type Logging, loggingOf } from '../../../schemas/logging.ts'
import type { Paths } from '../../paths.ts'
import { controlOf } from '../context.ts'
import { rotateLog } from './rotation.ts'

export interface LogKeeperOptions {
  paths: Paths
  /** The tasks that may write now. */
  tasks: () => { id: string; logging?: Logging | undefined }[]
  log: Log
  /** Milliseconds between two looks. */
  interval?: number
}

/** Milliseconds between two looks. */
const INTERVAL = 2_000
/** So much sooner is looked again while somebody writes much. */
const SOONER = 10

/** Looks at the size of every log and begins new files, until it is closed. */
export function keepLogs({ paths, tasks, log, interval = INTERVAL }: LogKeeperOptions): { close(): void } {
  const failing = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let closed = false
  again(interval)
  return {
    close() {
      closed = true
      clearTimeout(timer)
    },
  }

  function again(pause: number): void {
    if (!closed) timer = setTimeout(() => void look().then(again, () => again(interval)), pause)
  }

  /** Resolves with the pause until the next look. */
  async function look(): Promise<number> {
    let isBusy = false
    for (const { id, logging } of tasks()) {
      const limits = loggingOf(logging)
      if (limits.driver !== 'none' && (await rotate(id, limits))) isBusy = true
    }
    return isBusy ? interval / SOONER : interval
  }

  /** One that cannot be exchanged is told of once, and stops no other: conmon keeps it from growing without end. */
  async function rotate(id: string, limits: Required<Logging>): Promise<boolean> {
    try {
      const isBusy = await rotateLog({ folder: paths.task(id), control: controlOf(paths, id) }, limits)
      failing.delete(id)
      return isBusy
    } catch (error) {
      if (!failing.has(id)) log.warn({ task: id, problem: messageOf(error) }, 'A log cannot be rotated')
      failing.add(id)
      return false
    }
  }
}
