import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Tests wait more than they compute: even on one core two of them go on side by side. */
const maxWorkers = Math.max(2, availableParallelism() - 1)

/** A busy machine may miss a moment that a test of real parts waits for; the report tells what needed a second try. */
const retry = process.env.CI ? 1 : 0

const e2e = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  maxWorkers: maxWorkers + 1,
  retry,
  sequence: { groupOrder: 2 },
}

export default defineConfig({
  test: {
    setupFiles: ['test/support/unstub.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/{unit,property}/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          isolate: false, // each module is loaded once for all files of a worker
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers,
          retry,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          ...e2e,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e-runc',
          include: ['health', 'names', 'networks', 'volumes'].map((subject) => `test/e2e/${subject}.test.ts`),
          env: { TEST_RUNTIME: 'runc' },
          ...e2e,
        },
      },
      {
        extends: true,
        test: {
          name: 'guest',
          include: ['test/guest/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 900_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          hookTimeout: 120_000,
          maxWorkers: 1,
        },
      },
    ],
  },
})
