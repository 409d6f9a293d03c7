import { EventEmitter } from 'node:events'
import { watch } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'

/** What conmon leaves behind when its container has ended. */
export interface ExitFile {
  exitCode: number
  /** ISO time. */
  at: string
}

/** The folder in which every conmon writes a file with the exit code, named as its container. */
export interface Exits {
  /** Calls the listener with the id of each container that ends from now on. */
  onExit(listener: (id: string, exit: ExitFile) => void): void
  read(id: string): Promise<ExitFile | undefined>
  /** Forgets how a container ended, before it runs again. */
  forget(id: string): Promise<void>
  /** Resolves true once the file is there, false when the time (milliseconds) is up. */
  wait(id: string, timeout: number): Promise<boolean>
  close(): void
}

/** Milliseconds between two looks into the folder when it cannot be watched. */
const LOOK_AGAIN = 1_000

/**
 * Watches the folder, which is made if it is not there. On a host that has no inotify instances left it is looked at now
 * and then: a task may have used them all up.
 */
export async function watchExits(
  folder: string,
  log: Pick<Log, 'error'>,
  watchFolder = watch,
): Promise<Exits> {
  await mkdir(folder, { recursive: true })
  const events = new EventEmitter().setMaxListeners(0)
  const told = new Map<string, string>()
  let looking: NodeJS.Timeout | undefined
  const watcher = begin()

  function begin(): { close(): void } | undefined {
    try {
      return watchFolder(folder, (_, name) => void (name !== null && look(name))).on('error', lookNowAndThen)
    } catch (error) {
      lookNowAndThen(error)
    }
  }

  function lookNowAndThen(error: unknown): void {
    const problem = messageOf(error)
    log.error({ folder, problem }, 'Exits of containers cannot be watched; they are looked for every second')
    looking ??= setInterval(() => void lookAtAll(), LOOK_AGAIN)
  }

  async function lookAtAll(): Promise<void> {
    const names = await readdir(folder).catch(() => []) // it is gone: nothing has ended that could be told
    await Promise.all(names.map(look))
  }

  async function look(id: string): Promise<void> {
    if (isTemporary(id)) return
    try {
      const exit = await read(id)
      if (exit === undefined || told.get(id) === exit.at) return
      told.set(id, exit.at)
      events.emit('exit', id, exit)
    } catch (error) {
      log.error({ task: id, problem: messageOf(error) }, 'The exit of a container cannot be read')
    }
  }

  async function read(id: string): Promise<ExitFile | undefined> {
    const file = join(folder, id)
    try {
      const [text, { mtime }] = await Promise.all([readFile(file, 'utf8'), stat(file)])
      return text === '' ? undefined : { exitCode: Number.parseInt(text, 10), at: mtime.toISOString() }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return undefined
    }
  }

  return {
    read,
    onExit: (listener) => void events.on('exit', listener),
    async forget(id) {
      await rm(join(folder, id), { force: true })
      told.delete(id)
    },
    async wait(id, timeout) {
      const ended = new Promise<boolean>((resolve) => {
        const done = (isThere: boolean) => {
          clearTimeout(timer)
          events.off('exit', listener)
          resolve(isThere)
        }
        const listener = (ended: string) => ended === id && done(true)
        const timer = setTimeout(done, timeout, false)
        events.on('exit', listener)
        read(id).then(
          (exit) => exit && done(true),
          () => {}, // told of where it is looked at
        )
      })
      return ended
    },
    close() {
      watcher?.close()
      clearInterval(looking)
      events.removeAllListeners()
    },
  }
}

/** GLib writes to `NAME.XXXXXX` and renames it. */
export const isTemporary = (name: string) => /\.[A-Z0-9]{6}$/.test(name)
