import type { Clock } from '../../clock.ts'

/** The sleep of one who waits for something to happen: one at a time. */
export interface Sleep {
  /** Resolves when woken, or once the clock shows `time`, in milliseconds. */
  sleep(time?: number): Promise<void>
  wake(): void
}

/** Nobody sleeps yet. */
export function createSleep(clock: Clock): Sleep {
  let wake = () => {}
  return {
    wake: () => wake(),
    sleep: (time) =>
      new Promise((resolve) => {
        const cancel = time === undefined ? () => {} : clock.after(time - clock.now(), () => wake())
        wake = () => {
          wake = () => {}
          cancel()
          resolve()
        }
      }),
  }
}
