import { EventEmitter } from 'node:events'
import { type FSWatcher, watch } from 'node:fs'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

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

/** @param onError told when the folder can no longer be watched */
export async function watchExits(folder: string, onError: (error: Error) => void): Promise<Exits> {
  await mkdir(folder, { recursive: true })
  const events = new EventEmitter().setMaxListeners(0)
  const told = new Map<string, string>()
  const watcher: FSWatcher = watch(folder, (_, name) => {
    if (name !== null && !isTemporary(name)) look(name).catch(onError)
  })
  watcher.on('error', onError)

  async function look(id: string): Promise<void> {
    const exit = await read(id)
    if (exit === undefined || told.get(id) === exit.at) return
    told.set(id, exit.at)
    events.emit('exit', id, exit)
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
        read(id).then((exit) => exit && done(true), onError)
      })
      return ended
    },
    close() {
      watcher.close()
      events.removeAllListeners()
    },
  }
}

/** GLib writes to `NAME.XXXXXX` and renames it. */
export const isTemporary = (name: string) => /\.[A-Z0-9]{6}$/.test(name)
