import { chaosTest } from '../chaos/chaos-test.ts'

// Eight rounds that hit every part, a stack that goes and a rollout in its middle; `npm run chaos` goes on for two hundred.
chaosTest({ seed: 263, rounds: 8 })
