import type { ErrorFacts } from '../../schemas/error.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import type { ImageUse } from '../image/cleanup/collector.ts'
import { type Entry, needsPorts } from './entry.ts'
import { createFindings, type Finding, type Subject, subjectOf } from './repair/findings.ts'
import type { Tasks } from './tasks.ts'

/** What is told of the tasks of this host. */
export interface View extends Pick<Tasks, 'list' | 'known' | 'imageUses' | 'subjects'> {
  statusOf(entry: Entry): TaskStatus
  /** Takes what a look into the kernel has found; true when it is news. */
  found(finding: Finding, entry: Entry | undefined): boolean
  forget(id: string): void
}

interface ViewOptions {
  /** The tasks of this host, now. */
  entries: () => Entry[]
  /** Why no traffic leads to a task that serves. */
  failureOf: (id: string) => ErrorFacts | undefined
  /** Which of its facts a start of a task has not put right. */
  unhealed: (id: string) => string[]
}

/** The tasks given, as they are told of. */
export function createView({ entries, failureOf, unhealed }: ViewOptions): View {
  const findings = createFindings()

  /** A task whose ports cannot be put in force does not serve, however well its process is. */
  function statusOf(entry: Entry): TaskStatus {
    const known = findings.addTo(entry.status)
    const fields = known.found ? unhealed(entry.task.id) : []
    const status = fields.length > 0 ? { ...known, unhealed: fields } : known
    const error = needsPorts(entry) ? failureOf(entry.task.id) : undefined
    return error === undefined ? status : { ...status, health: 'unhealthy', error }
  }

  return {
    statusOf,
    found: findings.take,
    forget: findings.forget,
    list: () => entries().map(statusOf),
    known: () =>
      entries().map((entry) => ({
        task: entry.task,
        status: statusOf(entry),
        imageRoot: entry.prepared?.image.root,
        mounts: entry.prepared?.mounts ?? [],
      })),
    imageUses: () => entries().map(imageUseOf),
    subjects: (): Subject[] => entries().flatMap((entry) => subjectOf(entry) ?? []),
  }
}

function imageUseOf({ task, prepared }: Entry): ImageUse {
  const { stack, service, container } = task
  return {
    service: `${stack}/${service}`,
    source: container.image,
    ...(prepared && { id: prepared.image.id }),
  }
}
