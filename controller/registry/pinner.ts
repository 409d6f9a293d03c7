import type { Log } from '../../schemas/log.ts'
import type { StackRecord } from '../../schemas/record.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import {
  applyPins,
  canPin,
  dueLooks,
  knownPins,
  type Pin,
  type Pins,
  pinsOf,
  stillAccepted,
  toAsk,
} from './pins.ts'
import type { Registry } from './registry.ts'

/**
 * Writes down in a stack's spec which bytes its images are, when a revision is taken in: every host runs the same, and
 * a tag that moves changes nothing by itself.
 */
export interface Pinner {
  /** The stack with its pins; a promise only when a registry must be asked, which takes some seconds at most. */
  pin(declared: StackSpec, revision: string): StackSpec | Promise<StackSpec>
  /** Looks up again what is due (`daily`, `every_…`); the same object when nothing was. */
  refresh(declared: StackSpec, current: StackSpec): Promise<StackSpec>
  /** When `refresh` has something to do next. */
  dueAt(current: StackSpec): Date | null
  /** What a person should know of images that are not what their registry has now, or not known to be. */
  notices(current: StackSpec): string[]
}

export interface PinnerOptions {
  registry: Pick<Registry, 'look'>
  records: { get(stack: string): StackRecord | undefined }
  log: Log
  now: () => Date
}

/** Pins by what `registry` says, and by what `records` knew before. */
export function createPinner({ registry, records, log, now }: PinnerOptions): Pinner {
  /** ISO time of the last look in this life of the controller, and what was wrong with it. */
  const looked = new Map<string, string>()
  const problems = new Map<string, string>()

  async function ask(references: string[], known: Pins): Promise<Map<string, Pin>> {
    const pins = new Map(known)
    await Promise.all(
      references.map(async (reference) => {
        const look = await registry.look(reference)
        const at = now().toISOString()
        looked.set(reference, at)
        if ('digest' in look) {
          problems.delete(reference)
          pins.set(reference, { digest: look.digest, at })
        } else {
          problems.set(reference, look.problem)
          log.warn({ reference, problem: look.problem }, 'What an image stands for could not be looked up')
        }
      }),
    )
    return pins
  }

  return {
    pin(declared, revision) {
      const record = records.get(declared.name)
      const accepted = stillAccepted(declared, record, revision)
      if (accepted) return accepted
      const known = knownPins(record)
      const references = toAsk(declared, known)
      if (references.length === 0) return applyPins(declared, known)
      return ask(references, known).then((pins) => applyPins(declared, pins))
    },

    async refresh(declared, current) {
      const { due } = dueLooks(current, { looked, now: now() })
      if (due.length === 0) return current
      const pins = await ask(due, pinsOf(current))
      return applyPins(declared, pins)
    },

    dueAt: (current) => dueLooks(current, { looked, now: now() }).next,

    notices: (current) => [...byReference(current)].flatMap(([, same]) => noticeOf(same, problems)),
  }
}

function byReference({ services }: StackSpec): Map<string, ServiceSpec[]> {
  const able = services.filter(({ container }) => canPin(container.image))
  return Map.groupBy(able, ({ container }) => container.image.reference)
}

function noticeOf(services: ServiceSpec[], problems: ReadonlyMap<string, string>): string[] {
  const [first] = services
  if (first === undefined) return []
  const { reference, digest } = first.container.image
  const problem = problems.get(reference)
  if (digest !== undefined && problem === undefined) return []
  const places = services.map(({ name }) => `services.${name}.image`).join(', ')
  const why = problem === undefined ? '' : ` (${problem})`
  const effect =
    digest === undefined
      ? 'each host runs what it has or pulls under that name'
      : 'it stays at what it stood for when it was looked up last'
  return [`${places}: ${reference} could not be looked up at its registry${why}; ${effect}`]
}
