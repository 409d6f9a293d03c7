import { isDeepStrictEqual } from 'node:util'
import type { TaskFacts, TaskStatus } from '../../../schemas/task.ts'
import { type Entry, wantedFacts } from '../entry.ts'

/** A running task as the kernel should show it. */
export interface Subject {
  id: string
  run: number
  pid: number
  /** Where its image's file system is mounted. */
  imageRoot: string
  wanted: TaskFacts
}

/** What a look into the kernel has found of a subject. */
export interface Finding {
  subject: Subject
  found: TaskFacts
}

/** The subject that a task is now; undefined when it does not run or is on its way out. */
export function subjectOf(entry: Entry): Subject | undefined {
  const { status, prepared, task } = entry
  const wanted = wantedFacts(entry)
  if (!wanted || !prepared || status.pid === undefined || entry.stop || entry.wanted === 'removed') {
    return undefined
  }
  return {
    id: task.id,
    run: status.run,
    pid: status.pid,
    imageRoot: prepared.users?.imageRoot ?? prepared.image.root,
    wanted,
  }
}

/** Keeps the last finding of each task. */
export function createFindings() {
  const last = new Map<string, Finding>()
  return {
    /** True when it is news; false also when the task has changed since it was looked at: that would look like drift. */
    take(finding: Finding, entry: Entry | undefined): boolean {
      const { id } = finding.subject
      if (!entry || !isDeepStrictEqual(subjectOf(entry), finding.subject)) return false
      if (isDeepStrictEqual(last.get(id), finding)) return false
      last.set(id, finding)
      return true
    },
    forget: (id: string) => void last.delete(id),
    /** The status with what was wanted and found when its present run was last looked at. */
    addTo(status: TaskStatus): TaskStatus {
      const finding = last.get(status.id)
      if (status.state !== 'running' || finding?.subject.run !== status.run) return status
      return { ...status, wanted: finding.subject.wanted, found: finding.found }
    },
  }
}
