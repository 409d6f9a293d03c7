import { chaosTest } from '../chaos/chaos-test.ts'

// Ten rounds that hit every part; `npm run chaos` goes on for two hundred.
chaosTest({ seed: 7, rounds: 10 })
