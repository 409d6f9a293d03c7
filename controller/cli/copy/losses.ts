import { SetpointError } from '../../../schemas/error.ts'

/** What a copy has to leave out although it was asked for. */
export interface Losses {
  tell(text: string): void
  /** @throws SetpointError COPY_FAILED once all the rest is copied */
  check(): void
}

export function createLosses(report: (text: string) => void): Losses {
  let count = 0
  return {
    tell(text) {
      count += 1
      report(text)
    },
    check() {
      if (count === 0) return
      const what = count === 1 ? 'one thing was' : `${count} things were`
      throw new SetpointError('COPY_FAILED', `The copy is not whole: ${what} left out.`, {
        hint: 'A tar carries every name: `setpoint exec TASK -T -- tar`, where the image has it.',
      })
    },
  }
}
