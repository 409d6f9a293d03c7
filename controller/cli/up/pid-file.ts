import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isAlive, markOf, type ProcessMark } from './process-table.ts'

/** Writes which process this is, in one step. */
export function writePidFile(file: string, pid: number): void {
  const mark = markOf(pid)
  if (mark) replace(file, mark)
}

/** The process that a pid file names, if it is still that one; undefined for a missing, stale or damaged file. */
export function livingProcess(file: string): ProcessMark | undefined {
  const mark = readMark(file)
  return mark && isAlive(mark) ? mark : undefined
}

/**
 * Makes `file` name this process, unless a living process holds it: that one is returned.
 * Of several that try at once, one gets it.
 */
export function takePidFile(file: string): ProcessMark | undefined {
  const mine = markOf(process.pid)
  for (let attempt = 0; attempt < 10; attempt++) {
    if (create(file, mine)) return undefined
    const holder = livingProcess(file)
    if (holder) return holder
    setAside(file)
  }
  return livingProcess(file)
}

export function removePidFile(file: string): void {
  rmSync(file, { force: true })
}

function readMark(file: string): ProcessMark | undefined {
  try {
    const mark = JSON.parse(readFileSync(file, 'utf8'))
    return Number.isInteger(mark?.pid) && mark.pid > 0 ? mark : undefined
  } catch {
    return undefined
  }
}

function create(file: string, mark: ProcessMark | undefined): boolean {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify(mark), { mode: 0o600 })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Takes a stale file away; one that somebody has taken in the meantime is put back. */
function setAside(file: string): void {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
    if (livingProcess(aside)) linkSync(aside, file)
  } catch (error) {
    if (!/^(ENOENT|EEXIST)$/.test((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function replace(file: string, mark: ProcessMark): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify(mark), { mode: 0o600 })
  renameSync(draft, file)
}
