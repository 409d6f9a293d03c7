import { runChaos } from '../chaos/chaos.ts'
import { chaosTest } from '../chaos/chaos-test.ts'
import { VARIABLES } from '../chaos/fleet.ts'

// Eight rounds that hit every part, a stack that goes and a rollout in its middle; `npm run chaos` goes on for two hundred.
chaosTest({ run: runChaos, variables: VARIABLES }, { seed: 263, rounds: 8 })
