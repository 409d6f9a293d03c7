import type { Entry } from '../entry.ts'

/** What is waited for a task to become. */
export interface Conditions {
  /** Resolves with the entry as soon as it is as asked; undefined when the task is gone first. */
  until(entry: Entry, condition: (entry: Entry) => boolean): Promise<Entry | undefined>
  look(entry: Entry): void
  gone(): void
}

/** Conditions of one task, none yet. */
export function createConditions(): Conditions {
  let waiting: { condition(entry: Entry): boolean; resolve(entry: Entry | undefined): void }[] = []
  return {
    until(entry, condition) {
      if (condition(entry)) return Promise.resolve(entry)
      return new Promise((resolve) => waiting.push({ condition, resolve }))
    },
    look(entry) {
      const done = waiting.filter(({ condition }) => condition(entry))
      waiting = waiting.filter((one) => !done.includes(one))
      for (const { resolve } of done) resolve(entry)
    },
    gone() {
      for (const { resolve } of waiting.splice(0)) resolve(undefined)
    },
  }
}
