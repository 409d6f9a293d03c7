import { chaosTest } from './chaos-test.ts'

chaosTest({
  seed: Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000),
  rounds: Number(process.env.CHAOS_ROUNDS ?? 200),
  tell: (line) => void process.stderr.write(`${line}\n`),
})
